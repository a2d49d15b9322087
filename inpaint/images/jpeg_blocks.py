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

from inpaint.images.jpeg_parts import (
    APP0,
    APP14,
    COM,
    END,
    SOI,
    SOS,
    components_named,
    inks_as_luma,
    is_progressive,
    part_jpeg,
    segment,
    with_last_first,
)
from inpaint.images.jpeg_rounding import BLOCK_SIDE, cosines, rounded_coefficients

# Of red, green and blue in luma and both colour differences: JFIF 1.02, without the 128 of the differences.
LUMA_AND_COLOURS = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
MIDDLE = 128  # the sample that a coefficient of 0 stands for
MOST_EDITED_PIXELS = 150_000_000  # whose coefficients are held at once, 6 bytes for each twice
BLOCKS_AT_ONCE = 1 << 14
LARGEST_COEFFICIENT = 1023  # that 8-bit samples can have
COLOUR_PLANES = ("Y", "Cb", "Cr")
# As jpeglib calls them.  The last one takes scans that name components in another order than the frame.
SEQUENTIAL_CODERS, PROGRESSIVE_CODERS, ANY_ORDER_CODERS = ("turbo210", "6b"), ("mozjpeg300", "mozjpeg403"), ("6b",)
ONE_CODER = threading.Lock()  # jpeglib has one coder for the whole process


class Component(NamedTuple):
    """One of the planes that a JPEG holds."""

    name: str  # as jpeglib calls it
    blocks: np.ndarray  # (rows, columns, 8, 8) int16 coefficients, divided by the table
    table: np.ndarray  # (8, 8)
    down: int  # pixels that one of its samples stands for
    across: int
    weights: np.ndarray  # (C,) float32, of the channels in a sample, around 0, of this plane
    middle: float  # that is taken away from their sum


def edited_scans(data: bytes, colour: np.ndarray, changed: np.ndarray) -> bytes:
    """Compress a JPEG again in the blocks of the pixels that changed; returns its tables and scans up to its end.

    data: the JPEG.  colour: (H, W, 1, 3 or 4 inks) uint8 as its decoder gives them, changed: (H, W) bool.  Raises
    ValueError, with the reason, where the file is of a kind whose blocks cannot be replaced.
    """
    if colour.shape[0] * colour.shape[1] > MOST_EDITED_PIXELS:
        raise ValueError(f"it has more than {MOST_EDITED_PIXELS} pixels")
    written, coders = bare_jpeg(data), PROGRESSIVE_CODERS if is_progressive(data) else SEQUENTIAL_CODERS
    if colour.shape[2] < 4:
        written = rewritten_jpeg(written, colour, changed, COLOUR_PLANES, coders)
    else:  # jpeglib writes the first three components; black takes its turn among them
        black_first = rewritten_jpeg(with_last_first(written), colour, changed, ("K",), ANY_ORDER_CODERS)
        written = bare_jpeg(with_last_first(black_first, back=True))
        written = rewritten_jpeg(written, colour, changed, COLOUR_PLANES, ANY_ORDER_CODERS)
        if coders == PROGRESSIVE_CODERS:
            written = rewritten_jpeg(written, colour, changed, (), coders)
    return bare_jpeg(components_named(written, data), colours=False)[2:]


def rewritten_jpeg(
    data: bytes, colour: np.ndarray, changed: np.ndarray, planes: tuple[str, ...], coders: tuple[str, ...]
) -> bytes:
    """Replace the changed blocks of some planes of a bare JPEG; what jpeglib cannot do is a ValueError."""
    try:
        import jpeglib
    except ImportError:
        raise ValueError("jpeglib is not installed") from None
    with tempfile.TemporaryDirectory(prefix="inpaint-") as folder, ONE_CODER:
        source, target = Path(folder, "source.jpg"), Path(folder, "target.jpg")
        try:
            source.write_bytes(data)
            use_coder(jpeglib, coders)
            opened = jpeglib.read_dct(str(source))
            for component in components_of(opened, colour, planes):
                replace_blocks(component, colour, changed)
                setattr(opened, component.name, component.blocks)
            opened.write_dct(str(target), flags=["+OPTIMIZE_CODING"])
            return target.read_bytes()
        except (OSError, RuntimeError) as error:  # of jpeglib's, whose words name the temporary file
            reason = getattr(error, "strerror", None) or "jpeglib cannot read or write them"
            raise ValueError(f"its coefficients cannot be kept: {reason}") from error


def use_coder(jpeglib: Any, names: tuple[str, ...]) -> None:
    """Choose the first coder that this build of jpeglib has."""
    for name in names[:-1]:
        try:
            return jpeglib.version.set(name)
        except RuntimeError:
            continue
    return jpeglib.version.set(names[-1])


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


def components_of(opened: Any, colour: np.ndarray, planes: tuple[str, ...]) -> list[Component]:
    """Return some planes of a file that jpeglib opened; ValueError for kinds whose blocks cannot be replaced.

    The plane "K" is the first of a file whose components are turned round.
    """
    if opened.num_components != colour.shape[2]:
        raise ValueError(f"it has {opened.num_components} components")
    factors = [(int(down), int(across)) for down, across in opened.samp_factor]
    tall, wide = (max(factor[axis] for factor in factors) for axis in (0, 1))
    if any(tall % down or wide % across for down, across in factors):
        raise ValueError("its colours are thinned out by no whole number")
    opened.load()
    tables = [opened.qt[number].astype(np.float32) for number in opened.quant_tbl_no]
    luma = opened.jpeg_color_space.name == "JCS_YCbCr" or (colour.shape[2] == 4 and inks_as_luma(opened.content))
    space = "luma" if luma else "inks" if colour.shape[2] == 4 else "channels"
    held = [] if planes != ("K",) else [(COLOUR_PLANES[0], inks_around_zero(3))]
    held = held or [
        (name, channels_around_zero(number, space)) for number, name in enumerate(planes[: opened.num_components])
    ]
    return [
        Component(name, getattr(opened, name), table, tall // down, wide // across, weights[: colour.shape[2]], middle)
        for (name, (weights, middle)), table, (down, across) in zip(held, tables, factors, strict=False)
    ]


def channels_around_zero(number: int, space: str) -> tuple[np.ndarray, float]:
    """Return what the channels of decoded pixels weigh in a plane, and what is taken away from their sum.

    space: "luma" and colour differences, "inks", which are stored as what they leave of the light, or "channels".
    """
    if space == "inks":
        return inks_around_zero(number)
    weights = LUMA_AND_COLOURS[number] if space == "luma" else np.eye(4)[number]
    return np.pad(weights, (0, 4 - len(weights))), MIDDLE if weights.sum() > 0.5 else 0


def inks_around_zero(number: int) -> tuple[np.ndarray, float]:
    """Return the same for an ink that is stored by itself."""
    return -np.eye(4)[number], MIDDLE - 255


def replace_blocks(plane: Component, colour: np.ndarray, changed: np.ndarray) -> None:
    """Replace the blocks of a plane in which pixels changed, in place; colour: (H, W, C) uint8, changed: (H, W)."""
    sides = BLOCK_SIDE * plane.down, BLOCK_SIDE * plane.across
    where = np.argwhere(changed_cells(changed, sides))  # (n, 2)
    for start in range(0, len(where), BLOCKS_AT_ONCE):
        places = where[start : start + BLOCKS_AT_ONCE]
        y, x = (  # (n, h) and (n, w); a block that hangs over the edge repeats the last pixels
            np.minimum(places[:, axis, None] * sides[axis] + np.arange(sides[axis]), changed.shape[axis] - 1)
            for axis in (0, 1)
        )
        inside = y[:, :, None], x[:, None, :]
        chosen = changed[inside].astype(np.float32)  # (n, h, w)
        wanted = colour[inside].astype(np.float32) @ plane.weights.astype(np.float32) - plane.middle
        blocks = tuple(places.T)
        plane.blocks[blocks] = coefficients_with(plane, plane.blocks[blocks], wanted, chosen)


def changed_cells(chosen: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Say which cells hold a chosen pixel, (H, W) bool -> (rows, columns) bool; sides: (h, w) pixels of a cell."""
    cells = np.zeros([-(-size // side) for size, side in zip(chosen.shape, sides, strict=True)], bool)
    for number, row in enumerate(cells):
        band = chosen[number * sides[0] : (number + 1) * sides[0]]
        if band.any():
            row[:] = np.maximum.reduceat(band.any(axis=0), np.arange(0, band.shape[1], sides[1]))
    return cells


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
