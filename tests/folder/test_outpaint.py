"""A picture is made larger, and what is new is drawn; what was there comes back bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import BOX, LEVEL, Fake, load, mosaic, noise, only, painted, save, white
from PIL import Image
from torch import Tensor

import inpaint
from inpaint import images
from inpaint.contracts import Generator
from inpaint.folder import decensor
from inpaint.mosaic.grid import Grid
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction

WIDTHS = (5, 0, 3, 9)  # left, right, top, bottom


def inner(pixels: np.ndarray, widths: tuple[int, int, int, int] = WIDTHS) -> np.ndarray:
    left, right, top, bottom = widths
    return pixels[top : len(pixels) - bottom, left : pixels.shape[1] - right]


def border(pixels: np.ndarray, widths: tuple[int, int, int, int] = WIDTHS) -> np.ndarray:
    beside = np.ones(pixels.shape[:2], bool)
    inner(beside, widths)[:] = False
    return pixels[beside]


@pytest.mark.parametrize(
    ("given", "widths"),
    [("5,0,3,9", WIDTHS), (WIDTHS, WIDTHS), ("6", (6,) * 4), (6, (6,) * 4), ("0,0,0,70", (0, 0, 0, 70))],
)
def test_a_picture_without_marks_gets_a_border(tmp_path: Path, given, widths: tuple[int, int, int, int]):
    save(tmp_path / "a.png", noise())
    fake = Fake()
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out.png", restorer=fake, outpaint=given))
    assert (outcome.error, outcome.censor, outcome.regions) == (None, "hole", 1)
    restored = load(tmp_path / "out.png")
    assert np.array_equal(inner(restored, widths), noise())
    assert (border(restored, widths) == LEVEL).all()
    assert f"px {'top' if widths[2] else 'bottom'}" in (outcome.note or "")


def test_paint_masks_and_the_border_are_restored_together(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    save(tmp_path / "in" / "b.png", noise())
    save(tmp_path / "masks" / "b.png", white())
    save(tmp_path / "masks" / "none.png", white())
    expected = painted(noise(), BOX, colour=(LEVEL,) * 3)
    for masks, name in ((None, "a 0"), (tmp_path / "masks", "b")):
        outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=masks, outpaint=WIDTHS, grow=0)
        assert [it.error for it in outcomes] == [None, None]  # one of them has no mask, or no paint
        assert np.array_equal(inner(load(tmp_path / "out" / f"{name}.png")), expected)


def test_a_mosaic_that_touches_the_border_keeps_its_cells(tmp_path: Path):
    grid, box = Grid((8, 8), (0, 0)), (slice(0, 32), slice(0, 32))
    pixels = mosaic(noise(64, 64), grid, box)
    save(tmp_path / "in" / "a.png", pixels)
    marks = np.zeros((64, 64), np.uint8)
    marks[box] = 255
    save(tmp_path / "masks" / "a.png", marks)
    restorer = inpaint.load("default", device="cpu")
    outcome = only(
        decensor(tmp_path / "in", tmp_path / "out", restorer=restorer, masks=tmp_path / "masks", outpaint="16,8,8,0")
    )
    assert (outcome.error, outcome.censor) == (None, "mosaic and hole")
    restored = inner(load(tmp_path / "out" / "a.png"), (16, 8, 8, 0))
    assert np.abs(mosaic(restored, grid, box).astype(int) - pixels).max() <= 1
    assert np.array_equal(painted(restored, box), painted(pixels, box))
    assert "never learned to draw beyond a picture" in (outcome.note or "")


@pytest.mark.parametrize("kind", ["palette", "cmyk", "bits", "alpha", "grey16", "jpeg", "webp", "gif"])
def test_files_of_every_kind_get_larger_and_keep_what_they_held(tmp_path: Path, kind: str):
    picture = Image.fromarray(noise(40, 50))
    made = {
        "palette": (picture.quantize(32), "png"),
        "cmyk": (picture.convert("CMYK"), "tif"),
        "bits": (picture.convert("1"), "png"),
        "alpha": (Image.fromarray(np.dstack([noise(40, 50), np.full((40, 50), 130, np.uint8)])), "png"),
        "grey16": (Image.fromarray(noise(40, 50)[..., 0].astype(np.uint16) * 257), "png"),
        "jpeg": (picture, "jpg"),
        "webp": (picture, "webp"),
        "gif": (picture.quantize(32), "gif"),
    }[kind]
    file = tmp_path / f"a.{made[1]}"
    made[0].save(file)
    outcome = only(decensor(file, tmp_path / "out", restorer=Fake(), outpaint=WIDTHS))
    assert outcome.error is None
    (before, after) = images.read(file), images.read(outcome.outputs[0])
    assert after.size == (52, 55)
    known = inner(after.colour).astype(int)
    assert np.abs(known - before.colour).mean() <= (30 if kind in ("jpeg", "webp") else 0)  # noise, chroma halved
    if kind == "alpha":
        assert after.alpha is not None
        assert (inner(after.alpha) == 130).all()
        assert (border(after.alpha) == 255).all()
    assert ("compressed anew" in (outcome.note or "")) == (kind == "jpeg")
    assert (after.stored and after.stored.mode) == (before.stored and before.stored.mode)


def test_an_animation_gets_larger_frame_by_frame(tmp_path: Path):
    frames = [Image.fromarray(noise(seed=number)) for number in range(3)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=50)
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), outpaint=WIDTHS))
    assert outcome.error is None
    restored = images.read_frames(outcome.outputs[0])
    assert [inner(it.colour[..., :3]).tolist() for it in restored.frames] == [noise(seed=n).tolist() for n in range(3)]


@pytest.mark.parametrize("wrong", ["0", "0,0,0,0", "1,2,3", "-1,2,3,4", "a", "20000"])
def test_wrong_widths_are_refused(tmp_path: Path, wrong: str):
    save(tmp_path / "a.png", noise())
    with pytest.raises(ValueError, match=r"outpaint is '.*', but must be one number or left,right,top,bottom"):
        decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), outpaint=wrong)


def test_a_canvas_beyond_reason_is_an_error_of_its_file(tmp_path: Path):
    save(tmp_path / "a.png", noise())
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), outpaint=16384))
    assert "would become 32818 x 32808 pixels" in str(outcome.error)


class Seen(Generator):
    """Answers grey, and remembers what it is shown."""

    view = "small"

    def __init__(self):
        super().__init__()
        self.shown: list[tuple[Tensor, Tensor]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.shown.append((image, mask))
        return Prediction(torch.full_like(image, 0.5), {})


def test_what_learned_from_small_pictures_is_shown_a_small_one_and_its_answer_meets_the_known():
    network = Seen()
    restorer = Restorer(network, shows={"hole": "white"}, device="cpu", side=64)
    image, mask = torch.full((3, 256, 128), 0.25), torch.zeros(1, 256, 128)
    mask[:, :60] = 1
    restored = restorer(image, mask)
    (shown, masked), *_ = network.shown
    assert shown.shape == (1, 3, 64, 32)
    assert masked[0, 0].sum(1).tolist() == [32.0] * 15 + [0.0] * 49
    assert (shown[0, :, :15] == 1).all()
    torch.testing.assert_close(shown[0, :, 15:], torch.full((3, 49, 32), 0.25))
    assert torch.equal(restored[:, 60:], image[:, 60:])
    torch.testing.assert_close(restored[:, :20], torch.full((3, 20, 128), 0.5))
    assert (restored[:, 59] - 0.25).abs().max() < 0.03  # no seam
