"""Large pictures are decoded with little more memory than their pixels take, and to the same samples as small ones."""

import io
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inpaint.images import large_decoding, read
from inpaint.images.picture import CodedJpeg, Picture

PIXELS = np.random.default_rng(5).integers(0, 256, (61, 83, 4), np.uint8)
PIXELS[8:40, 10:50] = np.arange(40)[:, None]  # which filters pack
TURNED = Image.Exif()
TURNED[0x0112] = 6
PEAK = """
import sys
from inpaint.images import read
def most_memory():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = most_memory()
picture = read(sys.argv[1])
print(picture.colour.nbytes, most_memory() - before)
"""


def encoded(mode: str, form: str, **options) -> bytes:
    """Encode a picture of this mode."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert("RGB" if mode == "CMYK" else mode).convert(mode).save(file, form, **options)
    return file.getvalue()


def filtered(kind: int) -> bytes:
    """Encode a PNG whose rows all have one filter."""
    return cv2.imencode(".png", PIXELS[:, :, :3], [cv2.IMWRITE_PNG_FILTER, kind])[1].tobytes()


ALONE = {
    **{f"{mode} PNG": encoded(mode, "PNG") for mode in ("L", "LA", "RGB", "RGBA")},
    **{f"filter {kind}": filtered(kind) for kind in (8, 16, 32, 64, 128, 248)},
    "a clear colour": encoded("RGB", "PNG", transparency=(12, 12, 12)),
    "a turned PNG with a text": encoded("RGB", "PNG", exif=TURNED, icc_profile=b"profile" * 20, dpi=(72, 72)),
    **{f"JPEG {kind}": encoded("RGB", "JPEG", quality=80, subsampling=kind) for kind in (0, 1, 2)},
    "progressive": encoded("RGB", "JPEG", progressive=True),
    "a turned JPEG": encoded("RGB", "JPEG", exif=TURNED, comment=b"said"),
    "grey JPEG": encoded("L", "JPEG"),
}
LEFT_TO_PILLOW = {
    "palette": encoded("P", "PNG"),
    "bits": encoded("1", "PNG"),
    "inks": encoded("CMYK", "JPEG"),
    "deep": cv2.imencode(".png", PIXELS[:, :, :3].astype(np.uint16) * 257)[1].tobytes(),
}


def read_as_large(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Picture, Picture, bool]:
    """Read a file as usual and as if it were large, with bands of few rows; also say whether Pillow was left out."""
    usual = read("file", data=data)
    monkeypatch.setattr(large_decoding, "LEAST_LARGE", 1)
    monkeypatch.setattr(large_decoding, "BAND_BYTES", 2000)
    monkeypatch.setattr(large_decoding, "READ_AT_ONCE", 777)
    form = "PNG" if data[:1] == b"\x89" else "JPEG"
    return usual, read("file", data=data), large_decoding.large_pixels(data, form, PIXELS.size) is not None


def assert_same(one: Picture, other: Picture) -> None:
    """Compare all that two pictures hold."""
    for field in fields(Picture):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, CodedJpeg):
            assert np.array_equal(first.shown, second.shown)
            first, second = first[:-1], second[:-1]
        if field.name == "stored" and first is not None:
            assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))
        elif isinstance(first, np.ndarray):
            assert np.array_equal(first, second), field.name
        else:
            assert first == second, field.name


@pytest.mark.parametrize("kind", [*ALONE, *LEFT_TO_PILLOW])
def test_a_large_picture_is_read_like_a_small_one(kind: str, monkeypatch: pytest.MonkeyPatch):
    usual, large, alone = read_as_large({**ALONE, **LEFT_TO_PILLOW}[kind], monkeypatch)
    assert alone == (kind in ALONE)
    assert_same(large, usual)


@pytest.mark.parametrize("kind", ["RGB PNG", "JPEG 2"])
@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_large_picture_that_is_cut_off_is_refused_in_the_same_words(
    kind: str, share: float, monkeypatch: pytest.MonkeyPatch
):
    data = ALONE[kind][: int(share * len(ALONE[kind]))]
    said = []
    for least in (large_decoding.LEAST_LARGE, 1):
        monkeypatch.setattr(large_decoding, "LEAST_LARGE", least)
        with pytest.raises(ValueError) as refused:
            read("file", data=data)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert "cut off" in said[0]


def test_a_wrong_checksum_of_the_pixels_is_no_large_picture(monkeypatch: pytest.MonkeyPatch):
    data = ALONE["RGB PNG"]
    end = data.rindex(b"IEND") - 8  # of the pixels' chunk, before its own checksum
    wrong = data[: end - 1] + bytes([data[end - 1] ^ 255]) + data[end:]
    monkeypatch.setattr(large_decoding, "LEAST_LARGE", 1)
    with pytest.raises(ValueError, match="is damaged"):
        read("file", data=wrong)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the most memory so far here")
@pytest.mark.parametrize(("suffix", "most"), [(".png", 1.4), (".jpg", 2.2)])  # OpenCV copies its result once
def test_reading_a_large_picture_takes_little_more_memory_than_its_pixels(suffix: str, most: float, tmp_path: Path):
    path = tmp_path / f"large{suffix}"
    Image.new("RGB", (8000, 5000), (90, 120, 20)).save(path, compress_level=1)
    told = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True).stdout
    pixels, taken = map(int, told.split())
    assert taken < most * pixels  # with Pillow it is 2.4 times
