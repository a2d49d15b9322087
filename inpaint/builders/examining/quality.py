"""How good a copy of a picture is: what decides which of several copies is kept, and by what picture rules judge.

All is measured on the decoded pixels, so a JPEG that was saved again as PNG is known for what it is.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from inpaint.builders.examining.jpeg_trace import TRACED_BLOCK, traced_quality
from inpaint.builders.examining.true_size import detail_share

PLAIN_SIDE = 96  # px, of the shorter side at which plain areas are measured: noise and dither are averaged out
PLAIN_STEP = 4  # grey levels between neighbours at most in a plain area
LARGEST_BLOCK_STEP = 30  # grey levels; contours count for no more
VISIBLE_BLOCKS = 1.2  # step at the edges of blocks to that between them, above which blocks show
GROUND_SHARE = 0.2  # of the rest that has the tone of a band: then it is the paper that a drawing stands on
BAR_SIDE, LEAST_BAR, BAR_FILLED = 192, 0.004, 0.93  # px, share of the picture, share of the box around it
MARGIN_STEP, MARGIN_EDGE = 6, 0.9  # grey levels of one tone, share of the outermost row that has it
DRIFT = 5  # grey levels more that a soft change, as of a sky, reaches in a row
VISIBLE_MARGINS = 0.02
STANDARD_TABLE_MEAN = 57.625  # of the 64 luminance steps at quality 50
LOSSY_QUALITY = 80.0  # taken where a lossy file does not tell
GREY_SATURATION = 0.02  # below which a picture has no colours
PALETTE_COLOURS = 256  # that a palette holds at most
VISIBLE_CENSORING = 0.002  # share of a picture
HUE_TONES = np.array(  # log2 of how often 12 hues from red on stand in the upper, middle and lower third of 439 photos
    [
        [0.9, 0.9, -1.0, -2.2, -2.6, -1.5, 1.4, 2.0, -1.4, -2.4, -2.3, -1.3],
        [1.5, 1.4, -0.5, -1.9, -2.5, -1.6, 1.2, 1.1, -1.6, -2.8, -2.3, -1.3],
        [1.7, 1.8, -0.0, -1.6, -2.2, -1.5, 0.8, 0.4, -2.1, -3.1, -2.8, -1.8],
    ]
)


class Quality(NamedTuple):
    """What is known of how good a copy is."""

    detail: float = 1.0  # share of the sides that would hold all detail: 0.5 for a picture enlarged twice
    blocks: float = 1.0  # step at the edges of JPEG blocks to the steps within; 1 where none shows
    plain: float = 0.0  # share of a single tone: sky, but also bars, captions, borders and cells of mosaics
    saturation: float = 0.0  # mean, 0 to 1
    margins: float = 0.0  # share of the area that bands of one tone along the edges take: borders, captions
    encoding: float = 100.0  # quality that it was compressed with, also before it was saved anew; 100 for lossless
    hues: float = 0.0  # log2 of how usual the colours of photographs are where they stand
    colours: int = PALETTE_COLOURS + 1  # different ones, counted up to 257
    censored: float = 0.0  # share under mosaics and paint
    bars: float = 0.0  # share under upright rectangles of one tone, away from the edges

    def factors(self) -> dict[str, float]:
        """Return by what each finding lowers the size that a picture is worth."""
        return {
            "detail": self.detail**1.2,  # of equal detail, what is not enlarged is better
            "blocks": 1 / (1 + 0.25 * max(self.blocks - VISIBLE_BLOCKS, 0.0)),
            "plain": max(1 - self.plain, 0.01) ** 0.5,
            "saturation": 1.0 if self.saturation >= GREY_SATURATION else 0.4,
            "margins": (1 - self.margins) ** 0.75 * (1.0 if self.margins < VISIBLE_MARGINS else 0.9),
            "encoding": 1 - 0.5 * (1 - self.encoding / 100) ** 1.5,  # hardly anything is lost at 90
            "hues": 2 ** (0.3 * max(min(self.hues, 2.0), -2.0)),
            "colours": self._palette(),
            "censored": (1 - self.censored) ** 2 * (1.0 if self.censored < VISIBLE_CENSORING else 0.85),
            "bars": (1 - self.bars) ** 1.5,
        }

    def _palette(self) -> float:
        """Return less than 1 where colours were reduced to a palette; shades of grey are never more than 256."""
        if self.colours > PALETTE_COLOURS:
            return 1.0
        levels = 0.9 + 0.1 * float(np.log2(max(self.colours, 2))) / 8
        return levels * (0.75 if self.saturation >= GREY_SATURATION else 1.0)

    def worth(self, size: tuple[int, int]) -> float:
        """Return the side in px of a faultless square picture that is worth as much as this one, (height, width)."""
        return float((size[0] * size[1]) ** 0.5 * np.prod(list(self.factors().values())))


def quality_of(rgb: np.ndarray, gray: np.ndarray, data: bytes = b"", *, censored: float = 0.0) -> Quality:
    """Measure a picture, (H, W, 3) and (H, W) uint8, and its file.  censored: the share that is known to be."""
    saturation, hues = _colours(rgb)
    measured = detail_share(gray), block_steps(gray), plain_share(gray), saturation, margin_share(gray)
    detail, blocks, plain, saturation, margins = (round(it, 3) for it in measured)
    encoding, hidden = min(written_quality(data), traced_quality(rgb)), (round(censored, 4), round(bar_share(gray), 4))
    return Quality(detail, blocks, plain, saturation, margins, encoding, hues, different_colours(rgb), *hidden)


def why_better(kept: Quality, kept_size: tuple[int, int], other: Quality, other_size: tuple[int, int]) -> str:
    """Say in what the kept copy is better the most."""
    ones, others = kept.factors(), other.factors()
    ratios = {name: ones[name] / others[name] for name in ones}
    ratios["size"] = (kept_size[0] * kept_size[1] / (other_size[0] * other_size[1])) ** 0.5
    ratios["detail"] *= ratios["size"]  # what counts is the detail that there is
    name = max(ratios, key=lambda it: ratios[it])
    if name == "detail" and ratios["size"] < 0.99 * ratios["detail"]:
        true = [round(it.detail * min(size)) for it, size in ((kept, kept_size), (other, other_size))]
        return f"has more detail, that of a shorter side of {true[0]} px against {true[1]}"
    return {
        "blocks": f"shows less of JPEG blocks (steps of {kept.blocks:.1f} against {other.blocks:.1f})",
        "plain": f"is covered less by plain areas ({100 * kept.plain:.0f} % against {100 * other.plain:.0f} %)",
        "saturation": "has colours",
        "margins": f"has less of borders and captions ({100 * kept.margins:.0f} % against {100 * other.margins:.0f} %)",
        "encoding": f"was compressed less (quality {kept.encoding:.0f} against {other.encoding:.0f} of 100)",
        "hues": "has the more natural colours",
        "colours": f"has more colours than the {other.colours} of a palette",
        "bars": f"has less under bars ({100 * kept.bars:.0f} % against {100 * other.bars:.0f} %)",
        "censored": f"is censored less ({100 * kept.censored:.0f} % against {100 * other.censored:.0f} %)",
    }.get(name, "is larger" if ratios["size"] > 1 else "is the first of equals")


def block_steps(gray: np.ndarray) -> float:
    """Return the steps at the edges of 8 x 8 blocks to those within, at least 1; a grid elsewhere is not looked for."""
    ratios = []
    for level in (gray.astype(np.float32), gray.T.astype(np.float32)):
        steps = np.abs(3 * (level[:, 2:-1] - level[:, 1:-2]) + level[:, :-3] - level[:, 3:])
        columns = np.minimum(steps, LARGEST_BLOCK_STEP).mean(axis=0)  # of contours not more than of blocks
        if len(columns) < 2 * TRACED_BLOCK:
            return 1.0
        by_phase = np.array([columns[phase::TRACED_BLOCK].mean() for phase in range(TRACED_BLOCK)])
        ratios.append(by_phase[TRACED_BLOCK - 2] / max(float(np.median(by_phase)), 1e-3))
    return max(float(np.mean(ratios)), 1.0)


def plain_share(gray: np.ndarray) -> float:
    """Return the share of pixels whose neighbours have the same tone."""
    factor = PLAIN_SIDE / min(gray.shape)
    if factor < 1:
        gray = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    kernel = np.ones((3, 3), np.uint8)
    return float((cv2.dilate(gray, kernel) - cv2.erode(gray, kernel) <= PLAIN_STEP).mean())


def bar_share(gray: np.ndarray) -> float:
    """Return the share of a picture, (H, W) uint8, under upright rectangles of one tone that touch no edge."""
    factor = min(BAR_SIDE / min(gray.shape), 1.0)
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    kernel = np.ones((3, 3), np.uint8)
    plain = (cv2.dilate(small, kernel) - cv2.erode(small, kernel) <= 2).astype(np.uint8)
    boxes = cv2.connectedComponentsWithStats(plain, connectivity=4)[2][1:]  # (N, 5): x, y, width, height, pixels
    left, top, width, height, pixels = boxes.T
    inside = (left > 2) & (top > 2) & (left + width < small.shape[1] - 2) & (top + height < small.shape[0] - 2)
    filled = pixels >= np.maximum(BAR_FILLED * width * height, LEAST_BAR * small.size)
    return float(pixels[inside & filled].sum()) / small.size


def margin_share(gray: np.ndarray) -> float:
    """Return the share of the area that bands of one tone take along the edges, with or without writing on them."""
    height, width = gray.shape
    rows = [_band(it) for it in (gray, gray[::-1])]
    inner = gray[rows[0] : height - rows[1]] if sum(rows) < height else gray
    columns = [_band(it) for it in (inner.T, inner.T[::-1])]
    return 1 - (1 - min(sum(rows) / height, 1.0)) * (1 - min(sum(columns) / width, 1.0))


def _band(gray: np.ndarray) -> int:
    """Return how many rows from the first one on are mostly of the tone that the first one has."""
    tones = np.median(gray, axis=1)
    alike = np.abs(gray.astype(np.int16) - tones[0]) <= MARGIN_STEP
    mostly = (alike.mean(axis=1) >= 0.5) & (np.abs(tones - tones[0]) <= MARGIN_STEP)
    mostly[0] = alike[0].mean() >= MARGIN_EDGE
    if mostly.all():
        return 0
    wide = int(np.argmin(mostly))
    beyond = np.abs(gray[wide:].astype(np.int16) - tones[0])
    drifts = (beyond[0] <= MARGIN_STEP + DRIFT).mean() >= 0.5  # a sky, shaded paper
    return 0 if drifts or (beyond <= MARGIN_STEP).mean() >= GROUND_SHARE else wide


def written_quality(data: bytes) -> float:
    """Return the quality, 1 to 100, that a JPEG was written with by the usual scale; 80 for a lossy WebP, else 100.

    Source: the luminance table of ISO 10918-1, annex K, as the Independent JPEG Group scales it.
    """
    if data[:4] == b"RIFF":
        return 100.0 if b"VP8L" in data[12:64] else LOSSY_QUALITY
    if data[:2] != b"\xff\xd8":
        return 100.0
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "MPO")) as opened:
            table = getattr(opened, "quantization", {}).get(0)
    except Exception:  # a damaged head; the picture was decoded by another reader
        return LOSSY_QUALITY
    if not table:
        return LOSSY_QUALITY
    scale = 100 * float(np.mean(table)) / STANDARD_TABLE_MEAN
    return round(min(max(5000 / scale if scale > 100 else (200 - scale) / 2, 1.0), 100.0), 1)


def different_colours(rgb: np.ndarray) -> int:
    """Return how many colours a picture, (H, W, 3) uint8, has, 257 for more than a palette can hold."""
    packed = rgb[:, :, 0].astype(np.uint32) << 16 | rgb[:, :, 1].astype(np.uint32) << 8 | rgb[:, :, 2]
    for part in (packed[:: max(1, packed.shape[0] // 16)], packed):  # of most pictures a few rows tell
        count = len(np.unique(part))
        if count > PALETTE_COLOURS:
            return PALETTE_COLOURS + 1
    return count


def _colours(rgb: np.ndarray) -> tuple[float, float]:
    """Return the mean saturation and how usual the hues are."""
    small = cv2.resize(rgb, (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV))
    weight = saturation * value
    tones = HUE_TONES[np.repeat(np.arange(48) // 16, 48).reshape(48, 48), (hue / 30).astype(int) % 12]
    return round(float(saturation.mean()), 3), round(float((weight * tones).sum() / max(float(weight.sum()), 1e-3)), 2)
