"""What the scripts that train the bundled networks draw: crops, masks, mosaics, and steps of Muon."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
CPU = torch.device("cpu")


def module(name: str) -> Any:
    """A script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def numbered(height: int, width: int) -> np.ndarray:
    """A picture of which every pixel tells where it lies: row, column, and 7."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows, columns, np.full_like(rows, 7)], 2).astype(np.uint8)


def is_a_place(crop: torch.Tensor) -> bool:
    """Whether a crop is a square of `numbered`, turned and mirrored or not."""
    rows, columns, sevens = (crop * 255).round()
    steps = torch.stack([rows.diff(dim=0)[:, :-1], rows.diff(dim=1)[:-1], columns.diff(dim=0)[:, :-1]])
    upright = steps[0].abs().eq(1).all() and steps[1].eq(0).all() and steps[2].eq(0).all()
    turned = steps[0].eq(0).all() and steps[1].abs().eq(1).all() and steps[2].abs().eq(1).all()
    return bool((upright or turned) and sevens.eq(7).all())


def test_crops_for_mosaics_are_places_of_the_pictures():
    torch.manual_seed(0)
    pictures = module("device_pictures").Pictures([([numbered(130, 150)], 1.0)], CPU)
    crops = pictures.crops(12, 128)
    assert crops.shape == (12, 3, 128, 128)
    assert all(map(is_a_place, crops))
    assert len({tuple(crop[:2, 0, 0].tolist()) for crop in crops}) > 4


def test_each_kind_of_picture_is_drawn_as_often_as_its_share_says():
    torch.manual_seed(0)
    black, white = np.zeros((128, 128, 3), np.uint8), np.full((140, 300, 3), 255, np.uint8)
    pictures = module("device_pictures").Pictures([([black] * 5, 0.75), ([white], 0.25)], CPU)
    assert pictures.crops(400, 8).mean((1, 2, 3)).mean() == pytest.approx(0.25, abs=0.06)
    with pytest.raises(ValueError, match="no training picture has 301 pixels a side"):
        pictures.crops(1, 301)


@pytest.mark.parametrize(("block", "cut"), [(4, True), (8, False), (16, False)])
def test_mosaics_hold_their_cells_and_leave_what_is_known(block: int, cut: bool):
    torch.manual_seed(1)
    target = F.interpolate(torch.rand(20, 3, 16, 16), 128, mode="bicubic").clamp(0, 1)
    made = module("device_pictures").mosaics(target, block, cut=cut)
    assert set(made.mask.unique().tolist()) <= {0.0, 1.0}
    hidden = made.mask.expand_as(target) > 0.5
    cells = made.cells.repeat_interleave(block, 2).repeat_interleave(block, 3)
    assert torch.equal(made.image[hidden], cells[hidden])
    kept = slice(6, None)  # the first went through JPEG
    assert torch.equal(made.image[kept][~hidden[kept]], target[kept][~hidden[kept]])
    assert not torch.equal(made.image[:6][~hidden[:6]], target[:6][~hidden[:6]])
    plain = slice(14, 18)  # neither cut, nor the middle pixel or the median of each cell
    means = F.avg_pool2d(target[plain], block)
    assert (made.cells[plain] - means).abs().max() <= 0.5 / 255 + 1e-6


def test_the_simulated_jpeg_is_near_the_real_one():
    torch.manual_seed(2)
    smooth = F.interpolate(torch.rand(8, 3, 4, 4), 64, mode="bicubic", align_corners=True).clamp(0, 1)
    sent = module("device_pictures").jpeg(smooth)
    assert sent.shape == smooth.shape
    assert 0.0005 < (sent - smooth).abs().mean() < 0.03


def test_masks_of_cells_cover_some_all_or_a_part():
    torch.manual_seed(3)
    masks = module("device_pictures").cell_masks(300, 32, CPU)
    shares = masks.mean((1, 2, 3))
    assert masks.shape == (300, 1, 32, 32)
    assert 0.1 < (shares == 1).float().mean() < 0.4
    assert 0 < shares[shares < 1].mean() < 0.6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.fromarray(numbered(70, 90)).save(tmp_path / "one.png")
    Image.fromarray(numbered(20, 90)).save(tmp_path / "small.png")
    (tmp_path / "licences.txt").write_text("no picture")
    return tmp_path


def test_crops_for_holes_are_places_of_the_pictures(folder: Path):
    holes = module("hole_data")
    bank = holes.bank_of([(folder, 1.0)], 64, CPU)
    assert bank.sizes.tolist()[0] == [70, 90]
    assert len(bank.sizes) == holes.VERSIONS  # of the only picture that is large enough
    whole = bank._replace(shares=torch.tensor([1.0, 0.0, 0.0]))
    crops = holes.crops(whole, 12, 64, torch.Generator().manual_seed(0))
    assert crops.shape == (12, 3, 64, 64)
    assert all(map(is_a_place, crops))
    with pytest.raises(ValueError, match="no picture of at least 100 pixels a side"):
        holes.bank_of([(folder, 1.0)], 100, CPU)


def test_holes_are_crops_of_masks_and_the_same_for_the_same_seed():
    holes = module("hole_data")
    masks = holes.masks_of([{"name": "scribbles", "share": 3}, {"name": "boxes"}], CPU, 6)
    assert masks.shape == (6, holes.MASK_SIDE, holes.MASK_SIDE)
    assert torch.equal(masks, holes.masks_of([{"name": "scribbles", "share": 3}, {"name": "boxes"}], CPU, 6))
    drawn = holes.holes(masks, 5, 96, torch.Generator().manual_seed(1))
    assert drawn.shape == (5, 1, 96, 96)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn, holes.holes(masks, 5, 96, torch.Generator().manual_seed(1)))


def test_validation_cases_hide_the_middle_of_each_picture(tmp_path: Path):
    Image.fromarray(np.full((340, 330, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    cases = module("hole_data").cases_of("grey", tmp_path, 16)
    assert [case.name for case in cases] == ["grey scribbles", "grey boxes"]
    for case in cases:
        assert case.target.shape == (1, 3, 320, 320)
        assert case.mask.any()
        torch.testing.assert_close(case.guess, case.target)


def test_a_step_of_muon_is_orthogonal_and_of_the_size_of_adams():
    script = module("muon")
    weight = torch.nn.Parameter(torch.zeros(8, 4, 2, 2))
    weight.grad = torch.randn(8, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    script.Muon([weight], lr=0.1).step()
    values = torch.linalg.svdvals(weight.detach().flatten(1)) / (0.1 * script.ADAM_SIZE * 16**0.5)
    assert values.min() > 0.5
    assert values.max() < 1.5
