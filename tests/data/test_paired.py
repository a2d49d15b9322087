"""The mask paired: every crop shows some of the picture's own mask, cut, mirrored and shrunk with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.assemble import samples_of, trainer_of, validation_of
from inpaint.config import parse_run
from inpaint.data.checking import header_fault
from inpaint.data.samples import Samples
from inpaint.sample import Sample
from tests.runs import tiny_tree

SIDE = 72


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Pictures whose red is bright exactly where their masks mark; a grey one and one of 16 bits among them."""
    for number in range(6):
        level = np.random.default_rng(number).integers(0, 90, (SIDE, SIDE, 3), dtype=np.uint8)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        top, left = 8 * number, 50 - 7 * number
        mask[top : top + 9, left : left + 5] = 255
        level[mask > 0] = 255
        (tmp_path / "pictures" / "below").mkdir(parents=True, exist_ok=True)
        (tmp_path / "masks" / "below").mkdir(parents=True, exist_ok=True)
        below = "below/" * (number % 2)
        if number == 2:
            Image.fromarray(level[..., 0]).save(tmp_path / "pictures" / f"{below}{number}.png")
        else:
            Image.fromarray(level).save(tmp_path / "pictures" / f"{below}{number}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{below}{number}{'_mask' * (number % 3 == 0)}.png")
    return tmp_path


def tree(pictures: Path, **mask: Any) -> dict[str, Any]:
    given = tiny_tree(pictures / "pictures", pictures / "run")
    fill = {"name": "hole", "value": "black"}
    return given | {"data": given["data"] | {"mask": {"name": "paired", **mask}, "fill": fill}}


@pytest.mark.parametrize("shrink", [1.0, 0.5])
def test_crops_show_their_own_mask_where_the_picture_has_it(pictures: Path, shrink: float):
    given = tree(pictures, path=str(pictures / "masks"))
    given["data"] |= {"shrink": shrink}
    samples = samples_of(parse_run(given, "test"))
    for position in range(40):
        image, mask, target, _ = samples[position]
        assert target.shape == (3, 32, 32)
        assert mask.any()
        assert (target[:, mask[0] == 0] < (0.4 if shrink == 1 else 1)).all()
        if shrink == 1:
            assert (target[:, mask[0] == 1] == 1).all()
        assert (image[:, mask[0] == 1] == 0).all()


def test_masks_beside_their_pictures_are_no_pictures(pictures: Path):
    for mask in (pictures / "masks").rglob("*.png"):
        below = mask.parent.relative_to(pictures / "masks")
        mask.rename(pictures / "pictures" / below / f"{mask.stem.removesuffix('_mask')}_mask.png")
    samples = samples_of(parse_run(tree(pictures), "test"))
    source: Any = samples.sources[0]
    assert len(source) == 6
    assert samples[0].mask.any()


def test_validation_is_cut_around_the_mask_and_training_runs(pictures: Path):
    run = parse_run(tree(pictures, path=str(pictures / "masks")), "test")
    validation = validation_of(run)
    assert all(sample.mask.sum() == 45 for sample in validation)
    trainer_of(run).fit()


def test_what_does_not_belong_together_is_a_sentence(pictures: Path):
    (pictures / "masks" / "0_mask.png").unlink()
    with pytest.raises(ValueError, match=r"0\.png has no mask: .*; 1 of 6 pictures of the folder cannot be learned"):
        samples_of(parse_run(tree(pictures, path=str(pictures / "masks")), "test"))
    Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(pictures / "masks" / "0_mask.png")
    samples = samples_of(parse_run(tree(pictures, path=str(pictures / "masks")), "test"))
    with pytest.raises(ValueError, match=r"0_mask\.png marks nothing of .*0\.png"):
        several(samples)
    Image.fromarray(np.full((9, 9), 255, np.uint8)).save(pictures / "masks" / "0_mask.png")
    with pytest.raises(ValueError, match="a mask must have the size of its picture"):
        several(samples)
    with pytest.raises(ValueError, match=r"^data\.train: .* a mask must have the size of its picture; 1 of 6 pictures"):
        samples_of(parse_run(tree(pictures, path=str(pictures / "masks")), "test"))
    with pytest.raises(ValueError, match="there is no nowhere, where the masks of the pictures should lie"):
        samples_of(parse_run(tree(pictures, path="nowhere"), "test"))
    given = tree(pictures)
    drawn = parse_run(given | {"data": given["data"] | {"train": "synthetic"}}, "test")
    with pytest.raises(ValueError, match="synthetic pictures have no masks of their own"):
        samples_of(drawn)


def several(samples: Samples) -> list[Sample]:
    """Return enough samples to have met every picture."""
    return [samples[position] for position in range(60)]


def test_the_same_position_gives_the_same_sample(pictures: Path):
    run = parse_run(tree(pictures, path=str(pictures / "masks")), "test")
    one, other = samples_of(run), samples_of(run)
    for position in range(5):
        assert all(torch.equal(a, b) for a, b in zip(one[position][:3], other[position][:3], strict=True))


def test_a_folder_of_masks_alone_is_a_sentence(pictures: Path):
    for mask in [*(pictures / "pictures").rglob("*.png")]:
        mask.rename(mask.with_name(f"{mask.stem}_mask.png"))
    with pytest.raises(ValueError, match=r"has no mask: .*; 6 of 6 pictures"):
        samples_of(parse_run(tree(pictures), "test"))


def test_a_painted_copy_of_the_picture_marks_what_is_painted_and_that_is_said(pictures: Path):
    picture, mask = pictures / "pictures" / "0.png", pictures / "masks" / "0_mask.png"
    painted = np.array(Image.open(picture).convert("RGB"))
    painted[40:50, 30:40] = (0, 255, 0)
    Image.fromarray(painted).save(mask)
    with pytest.warns(UserWarning, match="masks: .*0_mask.png: it shows the picture itself"):
        samples = samples_of(parse_run(tree(pictures, path=str(pictures / "masks")), "test"))
    source: Any = samples.sources[0]
    source.paths = [str(picture)]
    assert all(samples[number].mask.mean() <= 100 / 32**2 for number in range(5))


@pytest.mark.parametrize("spoil", ["missing", "empty", "broken", "small"])
def test_a_faulty_mask_is_left_out_of_the_validation_too(spoil: str, pictures: Path):
    mask = pictures / "masks" / "0_mask.png"
    given = tree(pictures, path=str(pictures / "masks"))
    sizes = {"empty": (SIDE, SIDE), "small": (9, 9)}
    if spoil in sizes:
        Image.fromarray(np.full(sizes[spoil], 255 * (spoil == "small"), np.uint8)).save(mask)
    elif spoil == "broken":
        mask.write_bytes(b"no picture")
    else:
        mask.unlink()
    with pytest.raises(ValueError, match=r"^data\.validation: .*0(_mask)?\.png"):
        validation_of(parse_run(given, "test"))
    given["data"] |= {"skip": 0.5}
    with pytest.warns(UserWarning, match=r"left out of the validation: .*0(_mask)?\.png"):
        kept = validation_of(parse_run(given, "test"))
    assert kept
    assert all(sample.mask.any() for sample in kept)


def test_a_picture_that_lies_on_its_side_is_measured_upright(pictures: Path):
    folder = pictures / "turned"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(np.zeros((32, 48, 3), np.uint8)).save(folder / "a.jpg", exif=exif)  # upright 48 high, 32 wide
    given = tiny_tree(folder, pictures / "run")
    given["data"] |= {"crop": 48, "crop_width": 32}
    assert samples_of(parse_run(given, "test"))[0].target.shape == (3, 48, 32)


def test_what_a_header_does_not_tell_is_said_with_the_file(tmp_path: Path):
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:30])
    (tmp_path / "text.png").write_text("no picture")
    for name, words in (
        ("gone.png", "cannot be read: no such file"),
        ("cut.jpg", ""),
        ("text.png", "is not a picture"),
    ):
        fault = header_fault(str(tmp_path / name), (32, 32))
        assert fault
        assert fault.startswith(f"{tmp_path / name} {words}")
