"""Finds a layer of one colour that lets the picture be seen, as a translucent bar does, and takes it off.

What: under such a layer a pixel is share * picture + addition.  Just inside and just outside its outline the picture
is nearly the same, so both numbers follow from the pixels on either side, and where they vary, as with gradients, they
vary as planes over the picture.
Source: our own.  The regression of one noisy side on the other would give too small a share; divided by the
correlation it is the reduced major axis, which treats both alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

LEAST_CORRELATION = 0.6  # between both sides of an outline; across that of an object it is less
LEAST_SHARE, MOST_SHARE = 0.08, 0.93  # of the picture that a layer lets be seen
LEAST_CHANGE_AT_RIM = 5.0  # levels, on average, that the layer changes at its outline
CHANGE_OF_STEP = 1.5  # times the step over the outline once the layer is taken off, that the step with it must be
SOFT_OUTLINE = 0.7  # times what the outline itself leaves, that pixels farther apart must leave to be taken instead
MOST_ROUGHER = 1.6  # times the steps beside the outline, that the step over it may be once the layer is taken off
RIM_DEPTHS = (0, 1)  # px from the outline, which may be drawn softly
TRIMMING_ROUNDS, TRIMMED = 3, 3.0  # pairs with more than so many times the middle step left cross an edge: left out
FEWEST_RIM_PIXELS = 40
PLANES_BETTER = 0.8  # of what a layer of one share leaves, that one with planes may leave
SHARE_STEP, SHARE_STRAY = 0.05, 0.035  # shares are mostly set in steps of so much; a measured one is so near
COLOUR_STRAY = 8.0  # levels that a measured black or white may be off
ROUND_SHARE_BETTER = 1.02  # times what the measured numbers leave, that round ones may leave


class TranslucentLayer(NamedTuple):
    """What a layer does: pixel = share * picture + addition, both planes over the picture."""

    share: tuple[float, float, float]  # at the corner of the picture, and its change a px down and right
    addition: tuple[tuple[float, float, float], ...]  # the same for each channel, in [0, 1]

    def shifted(self, top: int, left: int) -> TranslucentLayer:
        """Return the layer as it lies in a picture of which the present one is a part with this corner."""

        def moved(plane: tuple[float, float, float]) -> tuple[float, float, float]:
            start, down, right = plane
            return start - down * top - right * left, down, right

        return TranslucentLayer(moved(self.share), tuple(moved(plane) for plane in self.addition))

    @property
    def is_even(self) -> bool:
        """Whether it is the same all over."""
        return not any(any(plane[1:]) for plane in (self.share, *self.addition))


class Rim(NamedTuple):
    """Pairs of pixels on both sides of an outline."""

    within: np.ndarray  # (n, 3) in [0, 1], of the layer
    beyond: np.ndarray  # (n, 3), of the picture
    places: np.ndarray  # (n, 2) px, (y, x)
    step: float  # mean difference between pixels as far apart, beyond the outline
    step_within: float  # the same within


def find_layer(image: np.ndarray, inside: np.ndarray, around: np.ndarray) -> TranslucentLayer | None:
    """Return the layer over a region, None where its outline shows none.

    image: (H, W, 3) in [0, 1].  inside: (H, W) bool, the region.  around: (H, W) bool, unmarked pixels.
    """
    found, rougher = None, np.inf
    for depth in RIM_DEPTHS:
        rim = rim_of(image, inside, around, depth)
        if rim is None:
            continue
        layer, left = layer_at_rim(rim)
        if layer is None:
            continue
        changed = float(np.abs(rim.within - rim.beyond).mean())
        usual = max(rim.step, rim.step_within / max(layer.share[0], LEAST_SHARE))
        fits = left < MOST_ROUGHER * usual and changed > max(LEAST_CHANGE_AT_RIM / 255, CHANGE_OF_STEP * left)
        if fits and left / usual < SOFT_OUTLINE * rougher:
            found, rougher = layer, left / usual
    return found


def layer_at_rim(rim: Rim) -> tuple[TranslucentLayer | None, float]:
    """Return the layer that explains a rim best, None where none does, and the mean step that it leaves."""
    even, left = fitted_layer(rim, planes=False)
    tilted, left_by_planes = fitted_layer(rim, planes=True)
    if tilted is not None and left_by_planes < PLANES_BETTER * left:
        return tilted, left_by_planes
    return (even, left) if even is None else rounded_layer(rim, even, left)


def rim_of(image: np.ndarray, inside: np.ndarray, around: np.ndarray, rim_depth: int) -> Rim | None:
    """Pair every pixel so many px inside a region with the unmarked one opposite, None where these are few."""
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1, mode="edge"), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = depth[1:-1, 1:-1]
    pairs, steps, steps_within = [], [], []
    reach = 2 * rim_depth + 1
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        ys, xs = np.nonzero(inside & (np.ceil(depth) == rim_depth + 1))
        y, x = ys + down * reach, xs + right * reach
        fits = (y >= 0) & (x >= 0) & (y < inside.shape[0]) & (x < inside.shape[1])
        fits[fits] = around[y[fits], x[fits]] & ~inside[y[fits] - down * rim_depth, x[fits] - right * rim_depth]
        ys, xs, y, x = ys[fits], xs[fits], y[fits], x[fits]
        pairs.append((image[ys, xs], image[y, x], np.stack([ys, xs], 1)))
        y2, x2 = moved_within(y, down * reach, inside.shape[0]), moved_within(x, right * reach, inside.shape[1])
        y3, x3 = moved_within(ys, -down * reach, inside.shape[0]), moved_within(xs, -right * reach, inside.shape[1])
        steps.append(np.abs(image[y, x] - image[y2, x2]).mean(1))
        steps_within.append(np.abs(image[ys, xs] - image[y3, x3]).mean(1))
    within, beyond, places = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    if len(within) < FEWEST_RIM_PIXELS:
        return None
    return Rim(within, beyond, places, float(np.concatenate(steps).mean()), float(np.concatenate(steps_within).mean()))


def moved_within(places: np.ndarray, pixels: int, size: int) -> np.ndarray:
    """Return places along an axis of this size moved by so many px, but not out of it."""
    return np.clip(places + pixels, 0, size - 1)


def fitted_layer(rim: Rim, *, planes: bool) -> tuple[TranslucentLayer | None, float]:
    """Return the layer that explains a rim best, None where none does, and the mean step that it leaves."""
    layer, left = regressed_layer(rim, planes=planes)
    for _ in range(TRIMMING_ROUNDS):
        if layer is None:
            break
        away = np.abs(steps_left(rim, layer)).mean(1)
        kept = away <= TRIMMED * np.median(away)
        trimmed = rim._replace(within=rim.within[kept], beyond=rim.beyond[kept], places=rim.places[kept])
        layer, _ = regressed_layer(trimmed, planes=planes)
        left = np.inf if layer is None else step_left(rim, layer)
    return layer, left


def regressed_layer(rim: Rim, *, planes: bool) -> tuple[TranslucentLayer | None, float]:
    """Return the layer of the reduced major axis through a rim, as `fitted_layer` does."""
    count = len(rim.within)
    ground = np.concatenate([np.ones((count, 1)), rim.places * float(planes)], 1)  # (n, 3)
    basis = ground if planes else ground[:, :1]
    known = np.linalg.pinv(basis)

    def beside_ground(values: np.ndarray) -> np.ndarray:
        return values - basis @ (known @ values)

    shown, seen = beside_ground(rim.within), rim.beyond
    columns = np.stack([beside_ground(seen * basis[:, [index]]).ravel() for index in range(basis.shape[1])], 1)
    share = np.linalg.lstsq(columns, shown.ravel(), rcond=None)[0]
    explained = 1 - ((shown.ravel() - columns @ share) ** 2).sum() / max((shown**2).sum(), 1e-12)
    correlation = max(explained, 0.0) ** 0.5
    if correlation < LEAST_CORRELATION:
        return None, np.inf
    share = share / correlation
    shares = basis @ share
    if shares.min() < LEAST_SHARE or shares.max() > MOST_SHARE:
        return None, np.inf
    addition = known @ (rim.within - shares[:, None] * seen)  # (1 or 3, 3)
    layer = TranslucentLayer(plane_of(share), tuple(plane_of(channel) for channel in addition.T))
    return layer, step_left(rim, layer)


def plane_of(values: np.ndarray) -> tuple[float, float, float]:
    """Return one number or three as a plane."""
    start, down, right = [*values.tolist(), 0.0, 0.0][:3]
    return start, down, right


def step_left(rim: Rim, layer: TranslucentLayer) -> float:
    """Return the mean step over the outline once the layer is taken off."""
    return float(np.abs(steps_left(rim, layer)).mean())


def steps_left(rim: Rim, layer: TranslucentLayer) -> np.ndarray:
    """Return the steps over the outline once the layer is taken off, (n, 3)."""
    ground = np.concatenate([np.ones((len(rim.places), 1)), rim.places], 1)
    share, addition = ground @ np.array(layer.share), ground @ np.array(layer.addition).T
    return (rim.within - addition) / share[:, None] - rim.beyond


def rounded_layer(rim: Rim, layer: TranslucentLayer, left: float) -> tuple[TranslucentLayer, float]:
    """Return the layer of black or white and a round share that explains a rim as well, or else the one given."""
    best, least = layer, left * ROUND_SHARE_BETTER
    for step in range(round(MOST_SHARE / SHARE_STEP) + 1):
        share = step * SHARE_STEP
        if abs(share - layer.share[0]) > SHARE_STRAY or not LEAST_SHARE < share < MOST_SHARE:
            continue
        colour = (rim.within.mean(0) - share * rim.beyond.mean(0)) / (1 - share)
        for paint in (0.0, 1.0):
            if np.abs(colour - paint).max() > COLOUR_STRAY / 255:
                continue
            plane = (1 - share) * paint, 0.0, 0.0
            rounded = TranslucentLayer((share, 0.0, 0.0), (plane, plane, plane))
            if (other := step_left(rim, rounded)) <= least:
                best, left, least = rounded, other, other
    return best, left


def without_layer(image: Tensor, mask: Tensor, layer: TranslucentLayer) -> Tensor:
    """Return a picture (3, H, W) in [0, 1] without the layer under a mask (1, H, W); other pixels are the image's.

    >>> import torch
    >>> half = TranslucentLayer((0.5, 0.0, 0.0), ((0.25, 0.0, 0.0),) * 3)
    >>> without_layer(torch.full((3, 1, 2), 0.5), torch.tensor([[[1.0, 0.0]]]), half)[0]
    tensor([[0.5000, 0.5000]])
    """
    import torch

    rows, columns = torch.meshgrid(*(torch.arange(side).float() for side in image.shape[1:]), indexing="ij")

    def drawn(plane: tuple[float, float, float]) -> Tensor:
        return plane[0] + plane[1] * rows + plane[2] * columns

    addition = torch.stack([drawn(plane) for plane in layer.addition])
    taken_off = ((image - addition) / drawn(layer.share).clamp(min=LEAST_SHARE)).clamp(0, 1)
    return taken_off.to(image.dtype).where(mask > 0.5, image)
