"""A mask file of any mode becomes exactly 0 and 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.images import Picture, from_array, read_mask, read_mask_for, write
from inpaint.images.mask_files import MaskFile

PAINTED = np.zeros((4, 6), bool)
PAINTED[1:3, 2:5] = True


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_white_on_black_is_read_in_any_mode(mode: str, tmp_path: Path):
    Image.fromarray((PAINTED * 255).astype(np.uint8)).convert("RGB").convert(mode).save(tmp_path / "m.png")
    mask = read_mask(tmp_path / "m.png", (4, 6))
    assert mask.shape == (1, 4, 6)
    assert mask.dtype == torch.float32
    assert np.array_equal(mask[0].numpy() == 1, PAINTED)
    assert set(mask.unique().tolist()) == {0, 1}


def test_half_of_the_range_is_the_border(tmp_path: Path):
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 0, 1, 1]]]
    Image.fromarray(np.array([[0, 32767, 32768, 65535]], np.uint16)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 0, 1, 1]]]


def test_strokes_of_any_strong_colour_count(tmp_path: Path):
    Image.fromarray(np.array([[[0, 0, 0], [255, 0, 0], [0, 0, 255]]], np.uint8)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 1, 1]]]


@pytest.mark.parametrize("colour", [0, 90, 255])
def test_one_single_colour_says_it_with_alpha(colour: int, tmp_path: Path):
    samples = np.full((4, 6, 4), colour, np.uint8)
    samples[:, :, 3] = PAINTED * 255
    Image.fromarray(samples).save(tmp_path / "m.png")
    assert np.array_equal(read_mask(tmp_path / "m.png")[0].numpy() == 1, PAINTED)


def test_an_empty_opaque_mask_is_empty(tmp_path: Path):
    Image.new("RGBA", (6, 4), (0, 0, 0, 255)).save(tmp_path / "m.png")
    assert not read_mask(tmp_path / "m.png").any()


def test_another_size_is_refused(tmp_path: Path):
    Image.new("L", (6, 4)).save(tmp_path / "m.png")
    with pytest.raises(ValueError, match=r"m\.png is a mask of 6 x 4 pixels, but its picture has 4 x 6"):
        read_mask(tmp_path / "m.png", (6, 4))


def smooth(height: int = 64, width: int = 80) -> np.ndarray:
    """A picture of many shades and colours, (H, W, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    return np.stack([2 * x + 40, 3 * y + 20, (x + y) + 60], 2).astype(np.uint8)


def read_as_mask(pixels: np.ndarray, folder: Path, picture: np.ndarray | None = None, **how) -> MaskFile:
    """Save a mask and read it for a picture, which is a grey one if none is given."""
    shown = np.full((*pixels.shape[:2], 3), 90, np.uint8) if picture is None else picture
    Image.fromarray(pixels).save(folder / "m.png")
    return read_mask_for(Picture(shown), folder / "m.png", **how)


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (255, 0, 255)])
@pytest.mark.parametrize("stroke", [(0, 0, 0), (255, 0, 0), (128, 128, 128), (255, 255, 255)])
def test_strokes_on_a_transparent_layer_are_the_mask_whatever_it_hides(hidden: tuple, stroke: tuple, tmp_path: Path):
    layer = np.zeros((4, 6, 4), np.uint8)
    layer[..., :3] = np.where(PAINTED[..., None], stroke, hidden)
    layer[..., 3] = PAINTED * 255
    found = read_as_mask(layer, tmp_path)
    assert np.array_equal(found.mask[0].numpy() == 1, PAINTED)
    assert found.note is None


def test_soft_strokes_count_from_half_and_a_layer_without_strokes_is_empty(tmp_path: Path):
    layer = np.full((1, 5, 4), 255, np.uint8)
    layer[0, :, 3] = 0, 127, 128, 255, 255
    assert read_as_mask(layer, tmp_path).mask.tolist() == [[[0, 0, 1, 1, 1]]]
    layer[..., 3] = 0
    found = read_as_mask(layer, tmp_path)
    assert not found.mask.any()
    assert found.note == "every pixel is clear: paint white what shall be restored"


def test_colours_count_where_alpha_hardly_varies(tmp_path: Path):
    layer = np.dstack([(PAINTED * 255).astype(np.uint8)] * 3 + [np.full((4, 6), 255, np.uint8)])
    layer[0, 0, 3] = 250
    assert np.array_equal(read_as_mask(layer, tmp_path).mask[0].numpy() == 1, PAINTED)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_labels_of_0_and_1_are_understood_and_told(dtype: type, tmp_path: Path):
    found = read_as_mask(PAINTED.astype(dtype), tmp_path)
    assert np.array_equal(found.mask[0].numpy() == 1, PAINTED)
    assert found.note == "its levels are 0 and 1, and 1 is restored"


@pytest.mark.parametrize(
    ("levels", "highest", "takes"),
    [
        (PAINTED.astype(np.uint16) * 255, "255 of 65535", 255),
        (PAINTED.astype(np.uint8) * 75, "75 of 255", 75),
        (PAINTED.astype(np.uint8) * 2 + 1, "3 of 255", 3),
        (np.arange(24, dtype=np.uint8).reshape(4, 6), "23 of 255", 12),
    ],
)
def test_levels_that_are_too_low_are_told_and_the_told_threshold_takes_them(
    levels: np.ndarray, highest: str, takes: int, tmp_path: Path
):
    found = read_as_mask(levels, tmp_path)
    assert not found.mask.any()
    assert f"its highest level is {highest}" in str(found.note)
    assert str(found.note).endswith(f"--mask-threshold {takes}")
    assert np.array_equal(read_as_mask(levels, tmp_path, threshold=takes).mask[0].numpy() == 1, levels >= takes)


def test_dark_class_colours_of_a_palette_are_too_low(tmp_path: Path):
    image = Image.fromarray(PAINTED.astype(np.uint8) * 7)
    image.putpalette([*[0] * 21, 64, 0, 100])
    image.save(tmp_path / "m.png")
    found = read_mask_for(Picture(np.zeros((4, 6, 3), np.uint8)), tmp_path / "m.png")
    assert str(found.note).endswith("--mask-threshold 100")


def test_a_mask_can_be_inverted_and_one_that_marks_most_says_so(tmp_path: Path):
    inverted = np.full((64, 80), 255, np.uint8)
    inverted[10:20, 10:30] = 0
    found = read_as_mask(inverted, tmp_path)
    assert found.note == "it marks 96 % of the picture, more than is kept; --invert-mask restores the other 3.9 %"
    found = read_as_mask(inverted, tmp_path, invert=True)
    assert found.mask.sum() == 200
    assert found.note is None
    assert read_mask(tmp_path / "m.png", invert=True).sum() == 200
    assert "without --invert-mask it is the other 3.9 %" in str(
        read_as_mask(255 - inverted, tmp_path, invert=True).note
    )


def test_shades_and_colours_are_told(tmp_path: Path):
    shades = np.zeros((64, 80), np.uint8)
    shades[:16], shades[16:32] = 255, 90
    found = read_as_mask(shades, tmp_path)
    assert found.mask.sum() == 16 * 80
    assert "25 % of it are shades between black and white; the 25 % below half are kept: --mask-threshold 90" in str(
        found.note
    )
    assert read_as_mask(shades, tmp_path, threshold=90).mask.sum() == 32 * 80
    assert "colours, as pictures have and masks have not" in str(read_as_mask(smooth(), tmp_path).note)


def erased(picture: np.ndarray) -> np.ndarray:
    copy = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    copy[10:20, 10:30] = 255, 255, 255, 0
    return copy


def test_the_picture_itself_erased_or_painted_marks_where_it_is_clear_or_differs(tmp_path: Path):
    picture, hole = smooth(), np.zeros((64, 80), bool)
    hole[10:20, 10:30] = True
    painted = picture.copy()
    painted[hole] = 0, 255, 0
    for copy in (erased(picture), painted):
        found = read_as_mask(copy, tmp_path, picture)
        assert np.array_equal(found.mask[0].numpy() == 1, hole)
        assert found.note == "it shows the picture itself: the 3.9 % that are clear or differ are restored"
    Image.fromarray(painted).save(tmp_path / "m.jpg", quality=80, subsampling=0)
    found = read_mask_for(Picture(picture), tmp_path / "m.jpg")
    assert (found.mask[0].numpy()[hole] == 1).all()
    assert found.mask.sum() < 1.3 * hole.sum()
    deep = Picture(picture.astype(np.uint16) * 257)
    write(from_array(torch.from_numpy(painted).permute(2, 0, 1)), tmp_path / "m.png")
    assert np.array_equal(read_mask_for(deep, tmp_path / "m.png").mask[0].numpy() == 1, hole)


def test_the_very_picture_as_its_mask_marks_nothing_and_says_what_to_do(tmp_path: Path):
    found = read_as_mask(smooth(), tmp_path, smooth())
    assert not found.mask.any()
    assert found.note == "it shows the picture itself, and nothing in it is clear or differs"
    copy = erased(smooth())
    Image.fromarray(copy).save(tmp_path / "m.png")
    found = read_mask_for(Picture(copy[..., :3], copy[..., 3]), tmp_path / "m.png")
    assert str(found.note).endswith(": --mark alpha restores what is clear in both")


def test_a_page_of_black_and_white_is_not_taken_for_its_mask(tmp_path: Path):
    page = np.full((64, 80, 3), 255, np.uint8)
    page[20:40:4] = 0
    mask = np.full((64, 80), 0, np.uint8)
    mask[10:50] = 255
    assert np.array_equal(read_as_mask(mask, tmp_path, page).mask[0].numpy() == 1, mask > 0)
