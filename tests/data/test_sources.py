"""Clean pictures: crops of a folder, mirrored at times, and sentences for folders that do not serve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint.data import synthetic
from inpaint.data.sources import Folder, as_image, centre_crops, picture_source
from inpaint.images import from_array, write
from inpaint.randomness import rng_for

HEIGHT, WIDTH = 12, 20


def coordinates(first: int) -> np.ndarray:
    """A picture whose red tells the row, green the column and blue the picture, (H, W, 3) uint8."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([rows, columns, np.full_like(rows, first)], axis=2).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    for number, name in enumerate(["a.png", "b.png", "below/c.png"]):
        Image.fromarray(coordinates(number)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def whole(image: Tensor) -> np.ndarray:
    """(3, H, W) in [0, 1] back to whole numbers, (H, W, 3)."""
    values = image.permute(1, 2, 0).numpy() * 255
    np.testing.assert_allclose(values, values.round(), atol=1e-4)
    return values.round().astype(int)


def test_a_crop_is_a_piece_of_one_picture_mirrored_or_not(folder: Path):
    source, seen = Folder(folder), set()
    for number in range(300):
        image = source((5, 7), rng_for(number))
        assert image.shape == (3, 5, 7)
        assert image.dtype == torch.float32
        assert image.is_contiguous()
        crop = whole(image)
        mirrored = crop[0, 0, 1] > crop[0, -1, 1]
        crop = crop[:, ::-1] if mirrored else crop
        top, left, picture = crop[0, 0]
        np.testing.assert_array_equal(crop, coordinates(picture)[top : top + 5, left : left + 7])
        seen.add((int(picture), int(top), int(left), bool(mirrored)))
    assert {picture for picture, *_ in seen} == {0, 1, 2}  # folders below are searched, notes are skipped
    assert {top for _, top, _, _ in seen} == set(range(HEIGHT - 5 + 1))  # both borders are reached
    assert {left for _, _, left, _ in seen} == set(range(WIDTH - 7 + 1))


def test_half_of_the_crops_are_mirrored_and_none_where_not_wanted(folder: Path):
    def mirrored(source: Folder) -> int:
        crops = [whole(source((4, 4), rng_for(number))) for number in range(400)]
        return sum(bool(crop[0, 0, 1] > crop[0, -1, 1]) for crop in crops)

    assert mirrored(Folder(folder)) == pytest.approx(200, abs=35)
    assert mirrored(Folder(folder, flip=False)) == 0


def test_the_crop_depends_on_the_rng_alone(folder: Path):
    first, second = Folder(folder), Folder(str(folder))
    torch.manual_seed(0)
    once = [first((5, 7), rng_for(number)) for number in range(20)]
    torch.manual_seed(1)
    again = [second((5, 7), rng_for(number)) for number in reversed(range(20))]
    assert all(torch.equal(*pair) for pair in zip(once, reversed(again), strict=True))


def test_the_order_of_draws_is_kept_so_that_resumed_runs_see_the_same_data(folder: Path):
    """Recorded when the bundled network was trained: picture, row, column of the first pixel, mirrored."""
    found = []
    for number in range(6):
        crop = whole(Folder(folder)((5, 7), rng_for(0, "train", number)))
        found.append((int(crop[0, 0, 2]), int(crop[0, 0, 0]), int(crop[0, 0, 1]), bool(crop[0, 0, 1] > crop[0, 1, 1])))
    assert found == [
        (0, 7, 8, False),
        (2, 1, 12, True),
        (0, 4, 10, False),
        (1, 2, 11, True),
        (2, 5, 18, True),
        (0, 2, 10, True),
    ]


def test_a_picture_of_exactly_the_crop_is_taken_whole(folder: Path):
    crop = whole(Folder(folder, flip=False)((HEIGHT, WIDTH), rng_for(0)))
    np.testing.assert_array_equal(crop, coordinates(crop[0, 0, 2]))


@pytest.mark.parametrize("size", [(HEIGHT + 1, 4), (4, WIDTH + 1)])
def test_a_picture_smaller_than_the_crop_is_told(folder: Path, size: tuple[int, int]):
    rule = rf"\.png is 12x20 px, smaller than the crop of {size[0]}x{size[1]}; .* or lower data\.crop"
    with pytest.raises(ValueError, match=rule):
        Folder(folder)(size, rng_for(0))


def test_a_folder_without_pictures_is_told(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match="holds no picture"):
        Folder(tmp_path)


def test_gifs_of_a_folder_are_left_alone(tmp_path: Path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.gif")
    with pytest.raises(ValueError, match="holds no picture"):
        Folder(tmp_path)
    Image.new("RGB", (20, 20), "red").save(tmp_path / "b.png")
    assert len(Folder(tmp_path)) == 1


def test_what_is_no_folder_is_told(folder: Path):
    for path in (folder / "nowhere", folder / "a.png"):
        with pytest.raises(ValueError, match=r"is not a folder; .* or the word synthetic"):
            Folder(path)


def test_grey_is_repeated_and_sixteen_bits_are_kept():
    grey = as_image(np.array([[[0], [51]], [[102], [255]]], dtype=np.uint8))
    assert grey.shape == (3, 2, 2)
    for channel in grey:
        torch.testing.assert_close(channel, torch.tensor([[0, 0.2], [0.4, 1.0]]))
    deep = as_image(np.array([[[1, 32768, 65535]]], dtype=np.uint16))
    torch.testing.assert_close(deep[:, 0, 0], torch.tensor([1 / 65535, 32768 / 65535, 1.0]), rtol=1e-6, atol=0)


def test_validation_takes_the_centres_of_pictures_spread_over_the_folder(folder: Path):
    crops = [whole(crop) for crop in centre_crops(folder, (6, 6), 2)]
    assert [int(crop[0, 0, 2]) for crop in crops] == [0, 1]
    for crop in crops:
        np.testing.assert_array_equal(crop, coordinates(crop[0, 0, 2])[3:9, 7:13])


def test_validation_takes_every_picture_of_a_small_folder_once(folder: Path):
    assert [int(whole(crop)[0, 0, 2]) for crop in centre_crops(folder, (4, 4), 64)] == [0, 1, 2]


def test_validation_refuses_pictures_smaller_than_the_crop(folder: Path):
    with pytest.raises(ValueError, match="smaller than the crop"):
        centre_crops(folder, (HEIGHT + 1, HEIGHT + 1), 2)


def test_validation_can_be_drawn_and_is_the_same_in_every_run():
    first, second = (centre_crops("synthetic", (32, 48), 3) for _ in range(2))
    assert [crop.shape for crop in first] == [(3, 32, 48)] * 3
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert not torch.equal(first[0], first[1])


def test_a_run_names_a_folder_or_the_word_synthetic(folder: Path):
    assert picture_source("synthetic") is synthetic.render
    source = picture_source(str(folder), flip=False)
    assert isinstance(source, Folder)
    assert not source.flip


def test_shrunk_crops_have_the_size_asked_for_and_show_more(tmp_path: Path):
    rows = torch.linspace(0, 1, 200)[None, :, None].expand(3, 200, 256)
    write(from_array(rows.contiguous()), tmp_path / "ramp.png")
    plain, shrinking = Folder(tmp_path, flip=False), Folder(tmp_path, flip=False, shrink=0.5)
    spans = [source((64, 80), rng_for("shrink", n)) for source in (plain, shrinking) for n in range(20)]
    assert all(span.shape == (3, 64, 80) for span in spans)
    shown = [(span[0, -1, 0] - span[0, 0, 0]).item() * 199 for span in spans]  # rows of the ramp
    assert all(abs(rows - 63) < 1 for rows in shown[:20])
    assert min(shown[20:]) >= 62
    assert max(shown[20:]) > 95
    assert max(shown[20:]) < 128


def test_a_crop_is_never_shrunk_by_more_than_the_picture_allows(tmp_path: Path):
    write(from_array(torch.rand(3, 70, 64, generator=torch.Generator().manual_seed(1))), tmp_path / "small.png")
    source = Folder(tmp_path, shrink=0.25)
    assert all(source((64, 64), rng_for("small", n)).shape == (3, 64, 64) for n in range(10))
