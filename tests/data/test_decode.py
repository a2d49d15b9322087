"""Decoding for training: the same pixels as the careful reader, whatever the file is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from inpaint.data.decode import colour_of, plain_jpeg, plain_png
from inpaint.images import read

LEVELS = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)


def saved(picture: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


def text(key: str, value: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text(key, value)
    return info


RGB = Image.fromarray(LEVELS)
SOFT = RGB.resize((91, 67))
FAST = {
    "jpeg": saved(SOFT, "JPEG", quality=85),
    "progressive": saved(SOFT, "JPEG", quality=70, progressive=True),
    "full colour": saved(SOFT, "JPEG", quality=95, subsampling=0),
    "png": saved(RGB, "PNG"),
    "png with density": saved(RGB, "PNG", dpi=(72, 72)),
}
CAREFUL = {
    "turned jpeg": saved(SOFT, "JPEG", exif=turned()),
    "grey jpeg": saved(SOFT.convert("L"), "JPEG"),
    "cmyk jpeg": saved(SOFT.convert("CMYK"), "JPEG"),
    "grey png": saved(RGB.convert("L"), "PNG"),
    "clear png": saved(RGB.convert("RGBA"), "PNG"),
    "palette png": saved(RGB.convert("P"), "PNG"),
    "turned png": saved(RGB, "PNG", exif=turned()),
    "png with text": saved(RGB, "PNG", pnginfo=text("Title", "noise")),
    "webp": saved(RGB, "WEBP", lossless=True),
    "bmp": saved(RGB, "BMP"),
}


@pytest.mark.parametrize("kind", [*FAST, *CAREFUL])
def test_the_pixels_are_those_of_the_careful_reader(kind: str, tmp_path: Path):
    data = (FAST | CAREFUL)[kind]
    (tmp_path / "file").write_bytes(data)
    np.testing.assert_array_equal(colour_of(data, kind), read(tmp_path / "file").colour)


def test_only_plain_files_are_decoded_quickly():
    assert all(plain_jpeg(data) or plain_png(data) for data in FAST.values())
    assert not any(plain_jpeg(data) or plain_png(data) for data in CAREFUL.values())


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_file_that_was_cut_off_is_an_error_that_names_it(kind: str):
    for share in (0.3, 0.9):
        with pytest.raises(ValueError, match=r"cut\.off"):
            colour_of(FAST[kind][: int(len(FAST[kind]) * share)], "cut.off")


def test_what_is_no_picture_is_an_error():
    with pytest.raises(ValueError, match="is not a picture"):
        colour_of(b"\xff\xd8 once upon a time \xff\xd9"[1:], "tale.jpg")
