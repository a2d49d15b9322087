"""Good small files of every format, and ways to damage them: for scripts/mutate_files.py and its test."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIZE = (48, 64)
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 4), np.uint8).repeat(8, 0).repeat(8, 1)  # (48, 64, 4)
HUGE = 60_000  # px along each side
Mutation = Callable[[bytes, Path, np.random.Generator], None]


def still(mode: str, form: str, **options: Any) -> Callable[[], bytes]:
    """A picture in a mode of Pillow's."""

    def save() -> bytes:
        encoded = io.BytesIO()
        picture = Image.fromarray(PIXELS if mode == "RGBA" else PIXELS[:, :, :3])
        picture = picture.quantize(50) if mode == "P" else picture.convert(mode)
        picture.save(encoded, form, **options)
        return encoded.getvalue()

    return save


def moving(form: str, **options: Any) -> Callable[[], bytes]:
    """An animation of three frames."""

    def save() -> bytes:
        encoded = io.BytesIO()
        frames = [Image.fromarray(np.roll(PIXELS[:, :, :3], 9 * number, 1)) for number in range(3)]
        frames[0].save(encoded, form, save_all=True, append_images=frames[1:], duration=[40, 50, 60], **options)
        return encoded.getvalue()

    return save


BASES: dict[str, Callable[[], bytes]] = {
    "still.png": still("RGB", "PNG"),
    "still.jpg": still("RGB", "JPEG", quality=85),
    "still.webp": still("RGB", "WEBP", lossless=True),
    "still.gif": still("P", "GIF"),
    "still.tif": still("RGB", "TIFF"),
    "still.bmp": still("RGB", "BMP"),
    "still.avif": still("RGB", "AVIF"),
    "palette.png": still("P", "PNG", transparency=3),
    "clear.png": still("RGBA", "PNG"),
    "progressive.jpg": still("CMYK", "JPEG", progressive=True),
    "packed.tif": still("CMYK", "TIFF", compression="tiff_lzw"),
    "lossy.webp": still("RGBA", "WEBP", quality=70),
    "moving.gif": moving("GIF"),
    "moving.png": moving("PNG"),
    "moving.webp": moving("WEBP", lossless=True),
}


def whole(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(data)


def truncated(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(data[: int(rng.integers(1, len(data)))])


def flipped(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Flip up to 30 bits anywhere."""
    path.write_bytes(_flip(data, rng, len(data), int(rng.integers(1, 31))))


def header(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Flip up to 4 bits where the header is."""
    path.write_bytes(_flip(data, rng, min(64, len(data)), int(rng.integers(1, 5))))


def _flip(data: bytes, rng: np.random.Generator, reach: int, count: int) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, reach, count):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def renamed(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Give a file the suffix of another format."""
    others = [name for name in BASES if Path(name).suffix != path.suffix]
    path.with_suffix(Path(others[int(rng.integers(len(others)))]).suffix).write_bytes(data)


def empty(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.touch()


def noise(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Random bytes after a good beginning, or after none."""
    path.write_bytes(data[: int(rng.integers(0, 40))] + rng.bytes(int(rng.integers(1, 5000))))


def shuffled(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Swap two pieces."""
    first, second, third = sorted(int(place) for place in rng.integers(0, len(data), 3))
    path.write_bytes(data[:first] + data[second:third] + data[first:second] + data[third:])


def longer(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(data + rng.bytes(int(rng.integers(1, 3000))))


def bomb(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """Declare 60000 x 60000 pixels in the header of each format."""
    changed = bytearray(data)
    if data[:4] == b"\x89PNG":
        changed[16:24] = struct.pack(">II", HUGE, HUGE)
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    elif data[:4] == b"GIF8":
        changed[6:10] = struct.pack("<HH", HUGE, HUGE)
    elif data[:2] == b"BM":
        changed[18:26] = struct.pack("<ii", HUGE, HUGE)
    elif data[:2] == b"\xff\xd8":
        start = next(data.find(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in data)
        changed[start + 5 : start + 9] = struct.pack(">HH", HUGE, HUGE)
    elif data[:4] == b"RIFF" and data[12:16] == b"VP8X":
        changed[24:30] = (16382).to_bytes(3, "little") * 2
    elif data[:4] == b"RIFF" and data[12:16] == b"VP8L":
        changed[21:25] = struct.pack("<I", 16382 | 16382 << 14)
    elif data[:2] == b"II":
        at = struct.unpack_from("<I", data, 4)[0]
        for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
            if struct.unpack_from("<H", data, entry)[0] in (256, 257):
                changed[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, HUGE)
    else:
        at = data.find(b"ispe")
        changed[at + 8 : at + 16] = struct.pack(">II", HUGE, HUGE)
    path.write_bytes(bytes(changed))


def middling(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """A PNG of 180 million pixels, within the limit, in a few hundred bytes; or its text, 60 megabytes in a few."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 15_000, 12_000, 8, 2, 0, 0, 0))]
    if rng.integers(2):
        chunks = [(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0))]
        swollen = zlib.compress(bytes(60_000_000), 9)
        name, text = [(b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")][int(rng.integers(3))]
        chunks.append((name, text + swollen))
    chunks += [(b"IDAT", zlib.compress(bytes(193 * 48))), (b"IEND", b"")]
    encoded = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        encoded += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    path.with_suffix(".png").write_bytes(encoded)


def many(data: bytes, path: Path, rng: np.random.Generator) -> None:
    """A GIF of 20000 frames of one pixel on a canvas of a megapixel."""
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    start = b"GIF89a" + struct.pack("<HHBBB", 1000, 1000, 0x80, 0, 0) + bytes(6)
    path.with_suffix(".gif").write_bytes(start + frame * 20_000 + b";")


def circle(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.symlink_to(path.name)


def dangling(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.symlink_to("nowhere.png")


def pipe(data: bytes, path: Path, rng: np.random.Generator) -> None:
    os.mkfifo(path)


def folder(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.mkdir()


def unreadable(data: bytes, path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(data)
    path.chmod(0)


KINDS: dict[str, tuple[Mutation, int]] = {  # and how often each comes in a round
    mutation.__name__: (mutation, share)
    for share, mutations in {
        6: (truncated, flipped),
        4: (header,),
        3: (bomb,),
        2: (noise, shuffled, renamed, middling),
        1: (whole, longer, empty, many, circle, dangling, pipe, folder, unreadable),
    }.items()
    for mutation in mutations
}
