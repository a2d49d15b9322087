"""Masks from files: read as decensor reads them, changed as the options say, never empty."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.data.checking import mask_notes
from inpaint.degradation.build import degradation_of
from inpaint.degradation.own_masks import OWN_MASKS, MaskFiles, files
from inpaint.parts import Choice
from inpaint.randomness import rng_for


def box(height: int = 40, width: int = 60) -> np.ndarray:
    """A mask (H, W) with one box, off every axis of symmetry."""
    mask = np.zeros((height, width), np.uint8)
    mask[5:15, 10:22] = 255
    return mask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One mask said in four ways: white, strokes of a colour, transparency, and two levels of a palette."""
    (tmp_path / "masks").mkdir()
    mask = box()
    Image.fromarray(mask).save(tmp_path / "masks" / "white.png")
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = mask
    Image.fromarray(red).save(tmp_path / "masks" / "red.bmp")
    Image.fromarray(np.dstack([np.zeros((40, 60, 3), np.uint8), mask])).save(tmp_path / "masks" / "clear.png")
    return tmp_path / "masks"


def drawn(masks: MaskFiles, count: int = 30, size: tuple[int, int] = (40, 60)) -> list[np.ndarray]:
    answers = [masks(size, rng_for(number)) for number in range(count)]
    assert all(mask.shape == (1, *size) and mask.dtype == torch.float32 for mask in answers)
    assert all(set(mask.unique().tolist()) <= {0.0, 1.0} and mask.any() for mask in answers)
    return [mask[0].numpy() for mask in answers]


def test_every_way_to_say_a_mask_is_read_alike(folder: Path):
    wanted = box() / 255
    assert all(np.array_equal(mask, wanted) for mask in drawn(files(path=str(folder), flip=False, turn=False)))


def test_half_are_mirrored(folder: Path):
    masks = drawn(files(path=str(folder), turn=False), 200)
    wanted = box() / 255
    mirrored = sum(np.array_equal(mask, wanted[:, ::-1]) for mask in masks)
    assert mirrored + sum(np.array_equal(mask, wanted) for mask in masks) == 200
    assert mirrored == pytest.approx(100, abs=30)


def test_masks_are_turned_by_quarters(folder: Path):
    masks = drawn(files(path=str(folder), flip=False, scale=[1, 1]), 200, (60, 60))
    turns = {tuple(np.ptp(np.nonzero(mask), axis=1) + 1) for mask in masks}
    assert {(10, 12), (12, 10)} <= turns


def test_scale_changes_the_size_and_cuts_pieces(folder: Path):
    options: dict[str, Any] = {"flip": False, "turn": False}
    halves = drawn(files(path=str(folder), scale=[0.5, 0.5], **options), 20, (64, 64))
    assert {mask.sum() for mask in halves} == {5 * 6}
    pieces = drawn(files(path=str(folder), scale=[4, 4], **options), 20, (32, 32))
    assert max(mask.mean() for mask in pieces) == 1.0  # a piece that lies wholly in the box


def test_grow_adds_a_rim(folder: Path):
    masks = drawn(files(path=str(folder), flip=False, turn=False, grow=[2, 2]), 5)
    for mask in masks:
        rows, columns = np.nonzero(mask)
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 16, 8, 23)


def test_area_holds_or_is_a_sentence(folder: Path):
    masks = drawn(files(path=str(folder), scale=[0.5, 4], area=[0.1, 0.3]), 50, (48, 48))
    assert all(0.1 <= mask.mean() <= 0.3 for mask in masks)
    with pytest.raises(ValueError, match=r"cover none of the wanted area, 0\.9 to 1 of a picture of 48x48 px"):
        files(path=str(folder), area=[0.9, 1])((48, 48), rng_for(0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"area": [0.5, 0.2]}, "area is"),
        ({"area": [0, 2]}, "area is"),
        ({"scale": [0, 1]}, "scale is"),
        ({"grow": [-1, 2]}, "grow is"),
    ],
)
def test_options_that_cannot_be_are_a_sentence(folder: Path, options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        files(path=str(folder), **options)


def test_folders_without_masks_are_a_sentence(tmp_path: Path):
    with pytest.raises(ValueError, match="holds no mask"):
        files(path=str(tmp_path))
    with pytest.raises(OSError, match="does not exist"):
        files(path=str(tmp_path / "nowhere"))


def test_masks_travel_to_workers_and_are_the_same_there(folder: Path):
    masks = files(path=str(folder), scale=[0.5, 2], grow=[0, 3])
    sent = pickle.loads(pickle.dumps(masks))
    assert torch.equal(sent((32, 32), rng_for(5)), masks((32, 32), rng_for(5)))


def test_they_are_built_beside_the_drawn_ones(folder: Path):
    fill = (Choice(name="hole"),)
    own = Choice.model_validate({"name": "files", "path": str(folder)})
    damage = degradation_of((own, Choice(name="boxes")), fill)
    target = torch.rand(3, 64, 64)
    assert damage(target, rng_for(0))[1].any()
    assert set(OWN_MASKS) == {"files", "paired"}
    with pytest.raises(ValueError, match="cannot be drawn for any other picture"):
        degradation_of((Choice(name="paired"),), fill)(target, rng_for(0))


def test_a_broken_mask_is_said_before_the_run_and_another_one_drawn(folder: Path):
    (folder / "zz.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "yy.png")
    masks = files(path=str(folder))
    notes = mask_notes(masks)
    assert any("left out: " in note and "zz.png" in note for note in notes)
    assert any("left out: " in note and "yy.png: every pixel is black" in note for note in notes)
    assert not any("--" in note for note in notes)
    assert all(masks((16, 16), rng_for(number)).any() for number in range(60))


def test_masks_that_mark_nothing_are_a_sentence(tmp_path: Path):
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"none of 2 masks in .* marks anything: .*a\.png: every pixel is black"):
        mask_notes(files(path=str(tmp_path)))
    (tmp_path / "a.png").unlink()
    with pytest.raises(ValueError, match=r"b\.png is not a picture"):
        files(path=str(tmp_path))((8, 8), rng_for(0))
