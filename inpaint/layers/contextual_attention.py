"""Contextual attention: every place is rebuilt from the known patches that its own features resemble.

Source: Yu et al., Generative Image Inpainting with Contextual Attention (2018), as in the authors' code: 3x3 patches
are matched at half size, the scores of neighbours are summed along diagonals ("fuse", whose flat index runs on from
one row into the next), invalid patches get score 0 and so keep their share of the softmax, and 4x4 patches are laid
down at stride 2 and divided by 4 everywhere.

What differs is how it is computed, not what.  Patches are never unfolded: the product of two patches is the diagonal
sum of the products of their pixels, so one small matrix product and a few shifted additions give all scores, and the
same trick turns the transposed convolution into a matrix product a quarter its size.  Every sample has its own mask
(the authors share the first one's; for a common mask the answers are equal).  Scores exist one piece at a time, in
the backward pass too, see chunked_attention.py.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.chunked_attention import InPieces, Linear, Plan, diagonal_sum

SCALE = 10.0  # of the softmax
LEAST_NORM = 1e-4
LEAST_SCORE = -1e9  # of a patch that has no share, in single precision
BUDGET = 2**19  # scores held at once, of which a few copies live: about what a cache holds
LEAST_ROWS = 8  # of queries held at once at least, as six more are computed around them
ACCELERATED = 2**24  # on a GPU, which wants large pieces
REDUCTIONS = ("nearest", "any")


class ContextualScene(NamedTuple):
    """What all chunks share; h and w are half the features' size."""

    queries: Tensor  # (B, h, w, C)
    keys: Tensor  # (B, C, h * w)
    gain: Tensor  # (B, 1, 1, h, w), softmax scale over the norm of each key's patch
    valid: Tensor  # (B, 1, 1, h, w), 1 where a key's patch holds no hole
    values: Tensor  # (B, (h + 1) * (w + 1), 4 C), the background in cells of 2x2 pixels, moved by one pixel


def contextual_attention(
    foreground: Tensor,
    background: Tensor,
    hole: Tensor,
    *,
    fuse: bool = True,
    scale: float = SCALE,
    corners: bool = True,
    known_only: bool = False,
    budget: int | None = None,
) -> Tensor:
    """Rebuild the foreground from patches of the background that hold no hole.

    foreground, background: (B, C, H, W) with even H and W.  hole: (B, 1, H / 2, W / 2) in {0, 1}.  Returns
    (B, C, H, W).  corners: halve as TensorFlow does with align_corners, else take every second pixel.  known_only:
    patches with a hole have no share of the softmax, as OpenMMLab has it.  budget: how
    many scores are held at once; by default 2^19 on a CPU and 2^24 on a GPU, but at least eight rows of queries.  It
    computes in float32 at least, also under autocast, as scores reach the softmax tenfold.  The outer pixels of the
    answer are covered by fewer patches and are darker, and where no patch is known the answer is 0, as in the authors'
    code.
    """
    height, width = foreground.shape[-2] // 2, foreground.shape[-1] // 2
    if budget is None:
        budget = max(BUDGET if foreground.device.type == "cpu" else ACCELERATED, LEAST_ROWS * width * height * width)
    plan = Plan(
        prepare=partial(contextual_scene, scale=scale, corners=corners),
        attend=partial(attended_cells, fuse=fuse, known_only=known_only),
        finish=partial(laid_down, kind=foreground.dtype),
        adjoint=partial(taken_up, kind=torch.promote_types(foreground.dtype, torch.float32)),
        pictures=max(budget // (height * width) ** 2, 1),
        rows=max(budget // (width * height * width), 1),
        height=height,
        extra=1,
    )
    return InPieces.apply(plan, foreground, background, hole)  # pyright: ignore[reportReturnType]


def contextual_scene(
    foreground: Tensor, background: Tensor, hole: Tensor, *, scale: float, corners: bool
) -> ContextualScene:
    """Halve both maps, and measure what is known about every key."""
    kind = torch.promote_types(foreground.dtype, torch.float32)
    foreground, background, hole = foreground.to(kind), background.to(kind), hole.to(kind)
    size = (foreground.shape[-2] // 2, foreground.shape[-1] // 2)
    keys = nearest(background, size, corners=corners)  # (B, C, h, w)
    energy = F.avg_pool2d(keys.square().sum(1), 3, stride=1, padding=1, divisor_override=1)  # (B, h, w)
    # The floor goes under the root: there the gradient of an all-zero patch is 0, not infinite.
    gain = scale * energy.clamp_min(LEAST_NORM**2).rsqrt()
    cells = F.pixel_unshuffle(F.pad(background, (1, 1, 1, 1)), 2)  # (B, 4 C, h + 1, w + 1)
    return ContextualScene(
        queries=nearest(foreground, size, corners=corners).permute(0, 2, 3, 1).contiguous(),
        keys=keys.flatten(2).contiguous(),
        gain=gain[:, None, None],
        valid=(F.max_pool2d(hole, 3, stride=1, padding=1) == 0).to(hole.dtype)[:, :, None],
        values=cells.flatten(2).transpose(1, 2).contiguous(),
    )


def laid_down(cells: Tensor, *, kind: torch.dtype) -> Tensor:
    """Turn cells (B, h + 1, w + 1, 4 C) into features (B, C, 2 h, 2 w)."""
    return (F.pixel_shuffle(cells.permute(0, 3, 1, 2), 2)[..., 1:-1, 1:-1] / 4).to(kind)


def taken_up(features: Tensor, *, kind: torch.dtype) -> Tensor:
    """Return the adjoint of laid_down."""
    return F.pixel_unshuffle(F.pad(features.to(kind) / 4, (1, 1, 1, 1)), 2).permute(0, 2, 3, 1)


def attended_cells(scene: ContextualScene, start: int, stop: int, *, fuse: bool, known_only: bool = False) -> Tensor:
    """Return the cells that the queries of rows start to stop lay down, (B, stop - start + 1, w + 1, 4 C)."""
    scores = fused(scene, start, stop) if fuse else similarities(scene, start, stop)  # (B, n, w, h, w)
    scores = scores.masked_fill(scene.valid == 0, LEAST_SCORE if known_only else 0.0)
    shares = scores.flatten(3).softmax(-1).unflatten(3, scores.shape[3:]) * scene.valid
    del scores
    shares = pair_sum(pair_sum(shares, 1, 3), 2, 4)  # (B, n + 1, w + 1, h + 1, w + 1)
    return (shares.flatten(1, 2).flatten(2) @ scene.values).unflatten(1, shares.shape[1:3])


def similarities(scene: ContextualScene, start: int, stop: int) -> Tensor:
    """Return ten times the product of every 3x3 query with every normalised 3x3 key, (B, stop - start, w, h, w)."""
    first, last = max(start - 1, 0), min(stop + 1, scene.queries.shape[1])
    products = scene.queries[:, first:last].flatten(1, 2) @ scene.keys  # (B, (last - first) * w, h * w)
    products = products.unflatten(2, scene.gain.shape[3:]).unflatten(1, (last - first, -1))
    products = diagonal_sum(diagonal_sum(products, 2, 4), 1, 3)
    return products[:, start - first : stop - first] * scene.gain


def fused_along_rows(scene: ContextualScene, start: int, stop: int) -> Tensor:
    """Return scores summed over the queries and keys just before and after in reading order, (B, n, w, h, w)."""
    first, last = max(start - 1, 0), min(stop + 1, scene.queries.shape[1])
    scores = similarities(scene, first, last)
    flat = diagonal_sum(scores.flatten(3).flatten(1, 2), 1, 2)
    return flat.view(scores.shape)[:, start - first : stop - first]


def fused(scene: ContextualScene, start: int, stop: int) -> Tensor:
    """Sum scores in reading order, and then in the order of reading down the columns, (B, n, w, h, w)."""
    height = scene.queries.shape[1]
    rows = fused_along_rows(scene, max(start - 1, 0), min(stop + 1, height))
    whole = stop - start == height
    pieces = [rows]
    if start == 0:  # above the first row comes the last, of the column before
        bottom = rows[:, -1:] if whole else fused_along_rows(scene, height - 1, height)
        pieces.insert(0, F.pad(bottom[:, :, :-1], (0, 0, 0, 0, 1, 0)))
    if stop == height:  # below the last row comes the first, of the column after
        top = rows[:, :1] if whole else fused_along_rows(scene, 0, 1)
        pieces.append(F.pad(top[:, :, 1:], (0, 0, 0, 0, 0, 1)))
    return Linear.apply(torch.cat(pieces, dim=1), down_columns, up_columns)  # pyright: ignore[reportReturnType]


def down_columns(padded: Tensor) -> Tensor:
    """Add to every row of queries the rows above and below, a key further, (B, n + 2, w, h, w) -> (B, n, w, h, w)."""
    above, total, below = padded[:, :-2], padded[:, 1:-1].clone(), padded[:, 2:]
    total[..., 1:, :] += above[..., :-1, :]
    total[..., 0, 1:] += above[..., -1, :-1]
    total[..., :-1, :] += below[..., 1:, :]
    total[..., -1, :-1] += below[..., 0, 1:]
    return total


def up_columns(total: Tensor) -> Tensor:
    """Return the adjoint of down_columns."""
    padded = F.pad(total, (0, 0, 0, 0, 0, 0, 1, 1))
    above, below = padded[:, :-2], padded[:, 2:]
    above[..., :-1, :] += total[..., 1:, :]
    above[..., -1, :-1] += total[..., 0, 1:]
    below[..., 1:, :] += total[..., :-1, :]
    below[..., 0, 1:] += total[..., -1, :-1]
    return padded


def pair_sum(x: Tensor, query: int, key: int) -> Tensor:
    """Lay every entry down where it is and one further in both dimensions, which grow by one."""
    queries, keys = x.shape[query], x.shape[key]

    def laid(x: Tensor) -> Tensor:
        total = x.new_zeros([length + (place in (query, key)) for place, length in enumerate(x.shape)])
        total.narrow(query, 0, queries).narrow(key, 0, keys).copy_(x)
        total.narrow(query, 1, queries).narrow(key, 1, keys).add_(x)
        return total

    def taken(total: Tensor) -> Tensor:
        first = total.narrow(query, 0, queries).narrow(key, 0, keys)
        return first + total.narrow(query, 1, queries).narrow(key, 1, keys)

    return Linear.apply(x, laid, taken)  # pyright: ignore[reportReturnType]


def nearest(x: Tensor, size: tuple[int, int], *, corners: bool) -> Tensor:
    """Resize by taking pixels; corners: TensorFlow's align_corners, which rounds k (from - 1) / (to - 1).

    x: (B, C, H, W).  Without corners it takes floor(k from / to), as PyTorch does.
    """
    rows, columns = (
        torch.tensor(source_pixels(old, new, corners=corners), device=x.device)
        for old, new in zip(x.shape[-2:], size, strict=True)
    )
    return x.index_select(-2, rows).index_select(-1, columns)


def source_pixels(old: int, new: int, *, corners: bool) -> list[int]:
    """Return which of `old` pixels each of `new` pixels is."""
    if not corners or new == 1:
        return [index * old // new for index in range(new)]
    return [(2 * index * (old - 1) + new - 1) // (2 * (new - 1)) for index in range(new)]


def hole_cells(mask: Tensor, *, reduction: str = "nearest", corners: bool = True) -> Tensor:
    """Reduce a mask eightfold to the cells that attention calls holes, (B, 1, H / 8, W / 8) in {0, 1}.

    reduction: nearest takes pixels, to a quarter and then to half of that, as the authors do: a bar of 4 pixels may
    vanish.  any: a cell is a hole where any of its pixels is.
    """
    height, width = mask.shape[-2:]
    if reduction == "any":
        return F.max_pool2d(mask, 8)
    quarter = nearest(mask, (height // 4, width // 4), corners=corners)
    return nearest(quarter, (height // 8, width // 8), corners=corners)


def check_reduction(reduction: str) -> None:
    """Raise ValueError for a reduction of masks that does not exist."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction is {reduction!r}: choose among {', '.join(REDUCTIONS)}")
