"""Where a picture is damaged: random masks of boxes, strokes, bars and blobs, 1 = restore.

Sources: Yu et al., DeepFill v1 (2018) and v2 (2019): box, freeform, and their union; Suvorov et al., LaMa (2022):
irregular and boxes; Zhao et al., Co-Mod-GAN (2021): comodgan; Ma et al., region-wise convolutions (2019): continuous;
Van Hoorick (2019): outpaint; Yang et al. (2019): right_half.  Scribbles, bars, ellipses and blobs are our own.
Published sizes are pixels for pictures of 256 (LaMa: 256 or 512; outpaint: 192) and are not scaled to other sizes, only
clipped.  What differs: boxes that do not fit are clamped instead of refused, and no mask is empty.

Every build returns a sampler: sampler((H, W), rng) -> (1, H, W) float32, exactly 0 or 1, the same for the same rng.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch

from inpaint.degradation.painting import (
    Canvas,
    MaskSampler,
    Paint,
    Painted,
    probability,
    span,
    units,
    whole_span,
)
from inpaint.degradation.shapes import (
    paint_border,
    paint_box,
    paint_boxes,
    paint_right_half,
    paint_shapes,
    paint_slipping_boxes,
)
from inpaint.degradation.strokes import (
    paint_bars,
    paint_continuous,
    paint_freeform,
    paint_irregular,
    paint_scribbles,
)

# LaMa's sets: times, width and length of the strokes; share of boxes against strokes 1; how many, how big, margin.
LAMA_SETS = {
    ("thin", 256): ((4, 50), 10, 40, 0.0, (1, 1), (1, 1), 0),
    ("medium", 256): ((4, 5), 50, 100, 0.3, (1, 5), (10, 50), 0),
    ("thick", 256): ((1, 5), 100, 200, 0.3, (1, 3), (30, 150), 10),
    ("train", 256): ((1, 5), 100, 200, 1.0, (1, 4), (30, 150), 10),
    ("thin", 512): ((4, 70), 20, 100, 0.0, (1, 1), (1, 1), 0),
    ("medium", 512): ((4, 10), 100, 200, 0.3, (1, 5), (30, 150), 0),
    ("thick", 512): ((1, 5), 250, 450, 0.3, (1, 4), (30, 300), 10),
}
LAMA_ANGLES = 4


def box(*, height: int = 128, width: int = 128, shrink: int = 16) -> MaskSampler:
    """Build DeepFill's box: anywhere in the picture, each pair of sides drawn in by 0 to `shrink` pixels.

    A side that does not leave room for the box makes it half of the picture.
    """
    if min(height, width) < 1 or shrink < 0:
        raise ValueError(
            f"height {height}, width {width}, shrink {shrink}: sides must be at least 1, shrink at least 0"
        )
    return Painted(partial(paint_box, height=height, width=width, shrink=shrink))


def boxes(*, times: Sequence[int] = (1, 4), sides: Sequence[int] = (30, 150), margin: int = 10) -> MaskSampler:
    """Build LaMa's rectangles: how many, their sides, and the distance they keep from the border."""
    return Painted(_boxes(times, sides, margin))


def freeform(
    *, strokes: Sequence[int] = (1, 3), vertices: Sequence[int] = (4, 11), width: Sequence[int] = (12, 40)
) -> MaskSampler:
    """Build DeepFill v2's brush; the upper end of the width is not drawn, as published."""
    return Painted(_freeform(strokes, vertices, width))


def deepfill() -> MaskSampler:
    """Build DeepFill v2's training mask: the box and the brush together."""
    parts = (
        partial(paint_box, height=128, width=128, shrink=16),
        _freeform((1, 3), (4, 11), (12, 40)),
    )
    return Painted(partial(_paint_all, parts=parts))


def comodgan() -> MaskSampler:
    """Build Co-Mod-GAN's training mask, which MI-GAN takes over: boxes of both sizes, some half outside, and the brush.

    It covers any share of the picture, 73 % of 256 px in the mean; nothing and everything are drawn again.
    """
    return Painted(partial(_paint_some, parts=(paint_slipping_boxes, _freeform((0, 19), (4, 17), (12, 48), least=0))))


def irregular(*, thickness: str = "medium", size: int = 256) -> MaskSampler:
    """Build a LaMa set, thin, medium, thick or train: strokes or boxes, never both in one mask.

    size: the pictures the set was published for, 256 or 512; train exists for 256 only.
    """
    if (thickness, size) not in LAMA_SETS:
        choices = ", ".join(f"{name} {side}" for name, side in LAMA_SETS)
        raise ValueError(f"there is no irregular set {thickness} {size}; choose one of {choices}")
    times, width, length, share, number, sides, margin = LAMA_SETS[thickness, size]
    strokes = partial(paint_irregular, times=times, length=length, width=width, angles=LAMA_ANGLES)
    rectangles = _boxes(number, sides, margin)
    return Painted(partial(_paint_either, first=strokes, second=rectangles, share=share / (1 + share)))


def continuous(*, segments: int = 60, length: int = 32, width: int = 50) -> MaskSampler:
    """Build the line of region-wise inpainting: 1 to so many pieces, how long and how wide each may be, in pixels.

    As published it covers 12 % of a picture of 256 in the mean.
    """
    if min(segments, length, width) < 1:
        raise ValueError(f"segments is {segments}, length is {length} and width is {width}: each must be at least 1")
    return Painted(partial(paint_continuous, segments=segments, length=length, width=width))


def bars(
    *,
    count: Sequence[int] = (1, 4),
    width: Sequence[float] = (4, 40),
    length: Sequence[float] = (0.2, 1.2),
    parallel: float = 0.3,
    upright: float = 0.25,
) -> MaskSampler:
    """Build straight bars with hard edges: pixels wide (log-uniform), long as a part of the longer side, any angle.

    parallel: how often all bars of a mask lie side by side.  upright: how often a bar lies or stands exactly.
    """
    paint = partial(
        paint_bars,
        count=whole_span("count", count, 1),
        width=span("width", width, 1),
        length=span("length", length, 0),
        parallel=probability("parallel", parallel),
        upright=probability("upright", upright),
    )
    return Painted(paint)


def scribbles(
    *,
    count: Sequence[int] = (4, 12),
    width: Sequence[int] = (4, 14),
    segments: Sequence[int] = (3, 9),
    length: Sequence[int] = (20, 60),
) -> MaskSampler:
    """Build lines as a hand scribbles them: how many, how many pixels wide, of how many segments of what length."""
    paint = partial(
        paint_scribbles,
        count=whole_span("count", count, 1),
        width=whole_span("width", width, 1),
        segments=whole_span("segments", segments, 1),
        length=whole_span("length", length, 1),
    )
    return Painted(paint)


def ellipses(*, count: Sequence[int] = (1, 3), diameter: Sequence[float] = (0.1, 0.6)) -> MaskSampler:
    """Build filled ellipses at any angle; their diameters are parts of the shorter side."""
    return Painted(_shapes(count, diameter, waviness=0.0))


def blobs(
    *, count: Sequence[int] = (1, 3), diameter: Sequence[float] = (0.1, 0.6), waviness: float = 0.5
) -> MaskSampler:
    """Build ellipses with a wavy outline, like regions marked by hand; waviness 0 is a smooth ellipse."""
    return Painted(_shapes(count, diameter, waviness=probability("waviness", waviness)))


def outpaint(*, sides: Sequence[int] = (16, 64), all_sides: float = 0.5) -> MaskSampler:
    """Build a border to be drawn around what is known: how wide on each side, at most a third of the picture.

    all_sides: how often it runs around everything; else one to three sides, drawn by lot, have none.
    """
    wide = whole_span("sides", sides, 1)
    return Painted(partial(paint_border, sides=wide, all_sides=probability("all_sides", all_sides)))


def right_half() -> MaskSampler:
    """Build the right half of a picture, for networks that continue a strip."""
    return Painted(paint_right_half)


MASKS: dict[str, Callable[..., MaskSampler]] = {
    "box": box,
    "boxes": boxes,
    "freeform": freeform,
    "deepfill": deepfill,
    "comodgan": comodgan,
    "irregular": irregular,
    "continuous": continuous,
    "scribbles": scribbles,
    "bars": bars,
    "ellipses": ellipses,
    "blobs": blobs,
    "outpaint": outpaint,
    "right_half": right_half,
}


def _paint_all(canvas: Canvas, rng: torch.Generator, *, parts: tuple[Paint, ...]) -> None:
    for paint in parts:
        paint(canvas, rng)


def _paint_some(canvas: Canvas, rng: torch.Generator, *, parts: tuple[Paint, ...]) -> None:
    while not canvas.any() or (canvas.all() and canvas.size > 1):
        canvas[:] = 0
        _paint_all(canvas, rng, parts=parts)


def _paint_either(canvas: Canvas, rng: torch.Generator, *, first: Paint, second: Paint, share: float) -> None:
    paint = second if units(rng, 1)[0] < share else first
    paint(canvas, rng)


def _boxes(times: Sequence[int], sides: Sequence[int], margin: int) -> Paint:
    if margin < 0:
        raise ValueError(f"margin is {margin}, but must be at least 0")
    return partial(paint_boxes, times=whole_span("times", times, 1), sides=whole_span("sides", sides, 1), margin=margin)


def _freeform(strokes: Sequence[int], vertices: Sequence[int], width: Sequence[int], *, least: int = 1) -> Paint:
    return partial(
        paint_freeform,
        strokes=whole_span("strokes", strokes, least),
        vertices=whole_span("vertices", vertices, 1),
        width=whole_span("width", width, 1),
    )


def _shapes(count: Sequence[int], diameter: Sequence[float], *, waviness: float) -> Paint:
    return partial(
        paint_shapes, count=whole_span("count", count, 1), diameter=span("diameter", diameter, 0), waviness=waviness
    )
