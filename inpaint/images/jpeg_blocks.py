"""A JPEG in which only what changed is compressed anew: every other block keeps its coefficients, bit for bit.

Source: ITU-T T.81; the idea of jpegtran (Independent JPEG Group), which edits files without decoding them.  What
differs: blocks are replaced.  jpeglib reads and writes the coefficients.  A changed block is transformed from its new
samples where pixels changed and, elsewhere, from the samples that its own coefficients stand for, so that neither
rounding nor the thinning of colours moves what was known.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inpaint.images.jpeg_parts import APP0, APP14, COM, END, SOI, SOS, components_named, part_jpeg, segment
from inpaint.images.jpeg_rounding import BLOCK_SIDE, cosines, rounded_coefficients

# Of red, green and blue in luma and both colour differences: JFIF 1.02, without the 128 of the differences.
LUMA_AND_COLOURS = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
MIDDLE = 128  # the sample that a coefficient of 0 stands for
MOST_EDITED_PIXELS = 150_000_000  # whose coefficients are held at once, 6 bytes for each twice
BLOCKS_AT_ONCE = 1 << 14
LARGEST_COEFFICIENT = 1023  # that 8-bit samples can have
SEQUENTIAL_CODER, PROGRESSIVE_CODER = "6b", "mozjpeg403"  # as jpeglib calls them
_ONE_CODER = threading.Lock()  # jpeglib has one coder for the whole process


class Component(NamedTuple):
    """One of the planes that a JPEG holds."""

    name: str  # as jpeglib calls it
    blocks: np.ndarray  # (rows, columns, 8, 8) int16 coefficients, divided by the table
    table: np.ndarray  # (8, 8)
    down: int  # pixels that one of its samples stands for
    across: int


def edited_scans(data: bytes, colour: np.ndarray, changed: np.ndarray) -> bytes:
    """Compress a JPEG again in the blocks of the pixels that changed; returns its tables and scans up to its end.

    data: the JPEG.  colour: (H, W, 1 or 3) uint8 as its decoder gives them, changed: (H, W) bool.  Raises ValueError,
    with the reason, where the file is of a kind whose blocks cannot be replaced.
    """
    try:
        import jpeglib
    except ImportError:
        raise ValueError("jpeglib is not installed") from None
    if colour.shape[0] * colour.shape[1] > MOST_EDITED_PIXELS:
        raise ValueError(f"it has more than {MOST_EDITED_PIXELS} pixels")
    with tempfile.TemporaryDirectory(prefix="inpaint-") as folder, _ONE_CODER:
        source, target = Path(folder, "source.jpg"), Path(folder, "target.jpg")
        try:
            source.write_bytes(bare_jpeg(data))
            opened = jpeglib.read_dct(str(source))
            for number, component in enumerate(components_of(opened, colour)):
                weights = LUMA_AND_COLOURS[number] if opened.jpeg_color_space.name == "JCS_YCbCr" else np.eye(3)[number]
                replace_blocks(component, colour, changed, weights[: colour.shape[2]])
                setattr(opened, component.name, component.blocks)
            jpeglib.version.set(PROGRESSIVE_CODER if opened.progressive_mode else SEQUENTIAL_CODER)
            opened.write_dct(str(target), flags=["+OPTIMIZE_CODING"])
        except (OSError, RuntimeError) as error:  # of jpeglib's, whose words name the temporary file
            reason = getattr(error, "strerror", None) or "jpeglib cannot read or write them"
            raise ValueError(f"its coefficients cannot be kept: {reason}") from error
        finally:
            jpeglib.version.set(SEQUENTIAL_CODER)
        return bare_jpeg(components_named(target.read_bytes(), data), colours=False)[2:]


def bare_jpeg(data: bytes, *, colours: bool = True) -> bytes:
    """Return a JPEG without what stands beside its pixels, but for the segment that says what its colours are."""
    parts = part_jpeg(data)
    if parts is None:
        raise ValueError("its segments cannot be walked through")
    first = parts.scans[0]
    header = [
        segment(marker, body)
        for marker, body in parts.segments
        if not (APP0 <= marker <= 0xEF or marker == COM) or (colours and marker in (APP0, APP14))
    ]
    scans = segment(SOS, first[0]) + data[first[1] : parts.end] + (b"" if parts.ended else END)
    return bytes((0xFF, SOI)) + b"".join(header) + scans


def components_of(opened: Any, colour: np.ndarray) -> list[Component]:
    """Return the planes of a file that jpeglib opened; ValueError for kinds whose blocks cannot be replaced."""
    names = ("Y", "Cb", "Cr", "K")[: opened.num_components]
    if opened.num_components != colour.shape[2]:
        raise ValueError(f"it has {opened.num_components} components")
    factors = [(int(down), int(across)) for down, across in opened.samp_factor]
    tall, wide = (max(factor[axis] for factor in factors) for axis in (0, 1))
    if any(tall % down or wide % across for down, across in factors):
        raise ValueError("its colours are thinned out by no whole number")
    opened.load()
    tables = [opened.qt[number].astype(np.float32) for number in opened.quant_tbl_no]
    return [
        Component(name, getattr(opened, name), table, tall // down, wide // across)
        for name, table, (down, across) in zip(names, tables, factors, strict=True)
    ]


def replace_blocks(plane: Component, colour: np.ndarray, changed: np.ndarray, weights: np.ndarray) -> None:
    """Replace the blocks of a plane in which pixels changed, in place.

    colour: (H, W, C) uint8.  changed: (H, W).  weights: (C,), of the channels in a sample of this plane.
    """
    rows, columns = plane.blocks.shape[:2]
    sides = BLOCK_SIDE * plane.down, BLOCK_SIDE * plane.across
    size = rows * sides[0], columns * sides[1]
    room = [(0, max(0, size[axis] - changed.shape[axis])) for axis in (0, 1)]
    marks = in_blocks(np.pad(changed, room, "edge")[: size[0], : size[1]], sides)  # (rows, columns, h, w)
    pixels = in_blocks(np.pad(colour, [*room, (0, 0)], "edge")[: size[0], : size[1]], sides)
    where = np.argwhere(marks.any(axis=(2, 3)))
    middle = MIDDLE if weights.sum() > 0.5 else 0  # colour differences are around 0 already
    for start in range(0, len(where), BLOCKS_AT_ONCE):
        places = tuple(where[start : start + BLOCKS_AT_ONCE].T)
        chosen = marks[places].astype(np.float32)  # (n, h, w)
        wanted = pixels[places].astype(np.float32) @ weights.astype(np.float32) - middle
        plane.blocks[places] = coefficients_with(plane, plane.blocks[places], wanted, chosen)


def in_blocks(samples: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """View samples (H, W, ...) as blocks (rows, columns, h, w, ...)."""
    height, width = samples.shape[0] // sides[0], samples.shape[1] // sides[1]
    return samples.reshape(height, sides[0], width, sides[1], *samples.shape[2:]).swapaxes(1, 2)


def coefficients_with(plane: Component, before: np.ndarray, wanted: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the coefficients of blocks whose chosen pixels become the wanted ones.

    before: (n, 8, 8) int16.  wanted: (n, h, w), around 0.  chosen: (n, h, w), 1 where a pixel changed.
    """
    basis = cosines()
    known = basis.T @ (before * plane.table) @ basis  # (n, 8, 8) samples
    share = thinned_out(chosen, plane)
    mean = thinned_out(wanted * chosen, plane) / np.maximum(share, 1 / (plane.down * plane.across))
    new = known * (1 - share) + mean * share
    after = rounded_coefficients(new, share, plane.table)
    return after.clip(-LARGEST_COEFFICIENT, LARGEST_COEFFICIENT).astype(np.int16)


def thinned_out(values: np.ndarray, plane: Component) -> np.ndarray:
    """Return the mean of the pixels that each sample stands for, (n, h, w) -> (n, 8, 8)."""
    return values.reshape(-1, BLOCK_SIDE, plane.down, BLOCK_SIDE, plane.across).mean(axis=(2, 4))
