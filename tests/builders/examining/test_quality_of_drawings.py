"""Which copy of a drawing is the better one: flat art, outlined, on plain or shaded paper."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from inpaint.builders.examining.clean import censored_share
from inpaint.builders.examining.jpeg_trace import traced_quality
from inpaint.builders.examining.quality import Quality, different_colours, quality_of
from inpaint.builders.examining.true_size import detail_share, repeated_pixels

Change = Callable[[np.ndarray], np.ndarray]


def drawing(seed: int, height: int = 288, width: int = 352) -> np.ndarray:
    """Draw filled and outlined shapes on paper, plain for even seeds and shaded for odd ones, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    paper = np.linspace(rng.uniform(120, 250, 3), rng.uniform(120, 250, 3), height)[:, None]
    picture = (paper if seed % 2 else paper[:1]).repeat(width, axis=1).repeat(height if seed % 2 == 0 else 1, axis=0)
    picture = np.ascontiguousarray(picture.astype(np.uint8))
    for _ in range(14):
        middle = rng.integers((0, 0), (width, height))
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
        points = middle + rng.uniform(20, 60) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points = [points.round().astype(np.int32)]
        cv2.fillPoly(picture, points, [int(it) for it in rng.integers(30, 230, 3)], cv2.LINE_AA)
        cv2.polylines(picture, points, True, (20, 20, 25), int(rng.integers(1, 4)), cv2.LINE_AA)
    return picture


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    opened = picture if isinstance(picture, Image.Image) else Image.fromarray(np.ascontiguousarray(picture))
    opened.save(stream, kind, **options)
    return stream.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def jpeg(quality: int) -> Change:
    return lambda it: decoded(encoded(it, "JPEG", quality=quality))


def enlarged(factor: float, way: int = cv2.INTER_CUBIC) -> Change:
    return lambda it: cv2.resize(it, None, fx=factor, fy=factor, interpolation=way)


def halved(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def palette(colours: int, dither: Image.Dither) -> Change:
    return lambda it: np.array(Image.fromarray(it).quantize(colours, dither=dither).convert("RGB"))


def mosaicked(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    cells = picture[96:224, 80:272].reshape(8, 16, 12, 16, 3).mean(axis=(1, 3)).astype(np.uint8)
    changed[96:224, 80:272] = cells.repeat(16, axis=0).repeat(16, axis=1)
    return changed


def captioned(picture: np.ndarray) -> np.ndarray:
    strip = np.full((40, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(strip, "a caption", (10, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2)
    return np.concatenate([picture, strip])


def barred(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[100:180, 60:300] = 0
    return changed


WORSE: dict[str, Change] = {  # all kept as lossless files, so that nothing but the samples tells
    "halved and enlarged": lambda it: enlarged(2)(halved(it)),
    "enlarged by 2": enlarged(2),
    "enlarged by 1.5, linearly": enlarged(1.5, cv2.INTER_LINEAR),
    "each pixel twice": enlarged(2, cv2.INTER_NEAREST),
    "halved": halved,
    "JPEG 15": jpeg(15),
    "JPEG 15, enlarged": lambda it: enlarged(2)(jpeg(15)(it)),
    "JPEG 40": jpeg(40),
    "palette of 16": palette(16, Image.Dither.NONE),
    "palette of 16, dithered": palette(16, Image.Dither.FLOYDSTEINBERG),
    "palette of 64, dithered": palette(64, Image.Dither.FLOYDSTEINBERG),
    "grey": lambda it: cv2.cvtColor(it, cv2.COLOR_RGB2GRAY)[:, :, None].repeat(3, axis=2),
    "mosaicked": mosaicked,
    "captioned": captioned,
    "barred": barred,
    "blurred": lambda it: cv2.GaussianBlur(it, (0, 0), 2),
}


def worth(data: bytes) -> float:
    picture = decoded(data)
    quality = quality_of(picture, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), data, censored=censored_share(picture))
    return quality.worth((picture.shape[0], picture.shape[1]))


@pytest.fixture(scope="module")
def originals() -> list[tuple[bytes, float]]:
    files = [encoded(drawing(seed)) for seed in range(3)]
    files += [encoded(drawing(seed), "JPEG", quality=92) for seed in range(2)]
    return [(file, worth(file)) for file in files]


@pytest.mark.parametrize("made", WORSE)
def test_the_original_of_a_drawing_is_better_than_what_was_made_of_it(made: str, originals: list[tuple[bytes, float]]):
    for original, value in originals:
        assert worth(encoded(WORSE[made](decoded(original)))) < value


def test_the_quality_of_a_jpeg_is_told_from_its_samples():
    for seed in range(3):
        picture = drawing(seed, 400, 480)
        assert traced_quality(picture) == 100
        for quality in (15, 40, 75):
            assert traced_quality(jpeg(quality)(picture)) == pytest.approx(quality, rel=0.12, abs=2)
        assert traced_quality(jpeg(92)(jpeg(15)(picture))) == pytest.approx(15, abs=3)  # saved again, and better
        assert traced_quality(np.ascontiguousarray(jpeg(15)(picture)[3:, 5:])) == 100  # the grid is not looked for
    assert traced_quality(np.full((64, 64, 3), 200, np.uint8)) == 100


def test_pixels_that_are_repeated_are_counted():
    gray = drawing(5)[:, :, 1]
    assert repeated_pixels(gray) == 1
    for factor in (2, 3, 5):
        large = enlarged(factor, cv2.INTER_NEAREST)(gray)
        assert repeated_pixels(large) == factor
        assert detail_share(large) == pytest.approx(1 / factor, rel=0.1)
        assert repeated_pixels(jpeg(92)(large[:, :, None].repeat(3, axis=2))[:, :, 1]) == factor


def test_colours_are_counted_as_far_as_a_palette_goes():
    picture = drawing(1)
    assert different_colours(picture) == 257
    assert different_colours(palette(16, Image.Dither.NONE)(picture)) == 16
    assert Quality(colours=16, saturation=0.5).factors()["colours"] < 0.8
    assert Quality(colours=256, saturation=0.0).factors()["colours"] == 1.0  # shades of grey
