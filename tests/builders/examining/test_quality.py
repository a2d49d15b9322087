from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from inpaint.builders.examining.clean import censored_share, sharpness
from inpaint.builders.examining.quality import (
    Quality,
    block_steps,
    margin_share,
    quality_of,
    why_better,
    written_quality,
)
from inpaint.builders.examining.true_size import detail_share


def photo(seed: int, side: int = 320) -> np.ndarray:
    """Make noise with the spectrum of photographs, warm below and blue above, (side, side, 3) uint8."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    frequency[0, 0] = 1
    waves = np.fft.ifft2(np.fft.fft2(rng.normal(size=(side, side))) / frequency).real
    tones = np.repeat((waves / waves.std())[:, :, None], 3, axis=2)
    blue = np.linspace(1, -1, side)[:, None]
    tones[:, :, 2] += 0.8 * blue
    tones[:, :, 0] -= 0.8 * blue
    return (tones * 45 + 128).clip(0, 255).astype(np.uint8)


def encoded(picture: np.ndarray, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(stream, kind, **options)
    return stream.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def mosaicked(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    cells = picture[64:256].reshape(12, 16, 20, 16, 3).mean(axis=(1, 3)).astype(np.uint8)
    changed[64:256] = cells.repeat(16, axis=0).repeat(16, axis=1)
    return changed


def captioned(picture: np.ndarray) -> np.ndarray:
    bar = np.full((48, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(bar, "a caption", (10, 34), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    return np.concatenate([picture, bar])


def enlarged(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


WORSE = {  # what was made of a clean JPEG, and what is said of the JPEG then
    "mosaicked PNG": (lambda it: encoded(mosaicked(it), "PNG"), "censored less"),
    "enlarged JPEG of quality 15": (
        lambda it: encoded(enlarged(decoded(encoded(it, "JPEG", quality=15))), "PNG"),
        "more detail|JPEG blocks",
    ),
    "grey PNG": (lambda it: encoded(np.repeat(it[:, :, 1:2], 3, axis=2), "PNG"), "has colours"),
    "turned hues": (lambda it: encoded(it[:, :, [2, 0, 1]], "PNG"), "natural colours"),
    "captioned PNG": (lambda it: encoded(captioned(it), "PNG"), "captions"),
    "half": (lambda it: encoded(it[::2, ::2], "PNG"), "is larger"),
    "JPEG of quality 30": (lambda it: encoded(it, "JPEG", quality=30), "compressed less|JPEG blocks"),
}


@pytest.mark.parametrize("made", WORSE)
def test_a_clean_jpeg_is_better_than_what_was_made_of_it_and_it_is_said_why(made: str):
    change, reason = WORSE[made]
    for seed in range(4):
        clean = encoded(photo(seed), "JPEG", quality=92)
        copies = [(decoded(data), data) for data in (clean, change(decoded(clean)))]
        one, other = (
            quality_of(it, cv2.cvtColor(it, cv2.COLOR_RGB2GRAY), data, censored=censored_share(it))
            for it, data in copies
        )
        sizes = [(it.shape[0], it.shape[1]) for it, _ in copies]
        assert one.worth(sizes[0]) > other.worth(sizes[1])
        said = why_better(one, sizes[0], other, sizes[1])
        assert any(part in said for part in reason.split("|")), said


def test_the_lossless_original_is_better_than_its_jpeg():
    for seed in range(4):
        files = encoded(photo(seed), "PNG"), encoded(photo(seed), "JPEG", quality=75)
        png, jpeg = (quality_of(it, it[:, :, 1], data) for it, data in zip(map(decoded, files), files, strict=True))
        assert png.worth((320, 320)) > jpeg.worth((320, 320))


def test_the_detail_of_enlarged_pictures_is_known():
    gray = photo(0)[:, :, 1]
    assert detail_share(gray) == 1.0
    for factor in (2, 4):
        small = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        assert detail_share(large) == pytest.approx(1 / factor, rel=0.35)


def test_blocks_margins_and_written_qualities_are_measured():
    picture = photo(1)
    coarse = decoded(encoded(picture, "JPEG", quality=20))[:, :, 1]
    assert block_steps(picture[:, :, 1]) < 1.1 < 1.3 < block_steps(coarse)
    assert margin_share(picture[:, :, 1]) < 0.01
    assert margin_share(captioned(picture)[:, :, 1]) == pytest.approx(48 / 368, abs=0.02)
    framed = cv2.copyMakeBorder(picture[:, :, 1], 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=0)
    assert margin_share(framed) == pytest.approx(1 - (320 / 360) ** 2, abs=0.02)
    for quality in (30, 75, 95):
        assert written_quality(encoded(picture, "JPEG", quality=quality)) == pytest.approx(quality, abs=3)
    assert written_quality(encoded(picture, "PNG")) == written_quality(encoded(picture, "WEBP", lossless=True)) == 100
    assert written_quality(encoded(picture, "WEBP")) < 100


def test_of_equals_the_first_is_said_to_be_that():
    assert why_better(Quality(), (10, 10), Quality(), (10, 10)) == "is the first of equals"


def test_one_sharp_subject_before_a_blurred_ground_is_sharp_and_a_blurred_picture_is_not():
    gray = photo(2, 512)[:, :, 1]
    blurred = cv2.GaussianBlur(gray, (0, 0), 10)
    assert sharpness(blurred) < 8
    shallow = blurred.copy()
    shallow[200:300, 200:300] = gray[200:300, 200:300]
    assert sharpness(shallow) > 8
