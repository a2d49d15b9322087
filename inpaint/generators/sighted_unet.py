"""A network for holes that sees far: a residual U-Net whose bottleneck looks at the whole picture.

Its input is the picture with a first guess in the hole (a smooth membrane) and the mask; it starts as the identity (the
last convolution is zero) and learns what the guess lacks.  It works on squares of 2x2 pixels, for no hole is one pixel
wide and the first level is where a U-Net spends most.  Every level is told how much of each of its pixels is known.
Between the residual blocks at 1/8 stands what a local network lacks: units that act on the spectrum of the whole
picture, where a period is one number however far apart its repetitions are, and attention, which looks up in the known
picture what resembles the surroundings of the unknown.

Sources: fast Fourier convolution as in LaMa (Suvorov et al. 2022); attention with normalised queries and keys (Henry et
al. 2020) and rotary positions (Su et al. 2021) per axis; the trunk is `residual_unet`'s.  What differs from LaMa: no
normalisation and no bias among the frequencies, so that the unit grows in proportion with its input and picture sizes
other than those of training do not shift it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.residual import ResidualBlock
from inpaint.sample import Prediction

SIGHTS = ("fourier", "attention")
HEAD = 32  # channels that one head of attention compares
TURNED = 8  # of them are turned per axis by the position, the others compare what is there alone
SHORTEST, LONGEST = 4.0, 64.0  # wavelengths of the turning, pixels of the bottleneck


class Fourier(nn.Module):
    """Add what a 1x1 convolution over the picture's spectrum makes of it.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        narrow = width // 2
        self.narrow = nn.Conv2d(width, narrow, 1)
        self.spectral = nn.Conv2d(2 * narrow, 2 * narrow, 1, bias=False)
        self.widen = nn.Conv2d(narrow, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.narrow(x).relu()  # (B, c, h, w)
        mixed = self.spectral(fourier_spectrum(seen)).relu()
        return x + self.widen(seen + picture(mixed, seen.shape[-1]))


def fourier_spectrum(x: Tensor) -> Tensor:
    """Return the orthonormal two-dimensional transform, real before imaginary parts, (B, 2c, h, w // 2 + 1).

    By products with waves: at a bottleneck's size that is cheap, and needs no complex numbers, which neither half
    precision nor exported graphs have.
    """
    with torch.autocast(x.device.type, enabled=False):
        x = x if x.dtype == torch.float64 else x.float()
        down, across = waves(x.shape[-2], x), waves(x.shape[-1], x)
        cosine, sine = (it[:, : x.shape[-1] // 2 + 1] for it in across)
        real, imaginary = x @ cosine, -(x @ sine)
        return torch.cat([down[0] @ real + down[1] @ imaginary, down[0] @ imaginary - down[1] @ real], dim=1)


def picture(spectrum: Tensor, width: int) -> Tensor:
    """Return what has this spectrum, (B, c, h, width)."""
    with torch.autocast(spectrum.device.type, enabled=False):
        real, imaginary = (spectrum if spectrum.dtype == torch.float64 else spectrum.float()).chunk(2, dim=1)
        down, across = waves(real.shape[-2], real), waves(width, real)
        real, imaginary = down[0] @ real - down[1] @ imaginary, down[0] @ imaginary + down[1] @ real
        count = width // 2 + 1
        column = torch.arange(count, device=real.device)
        twice = torch.where((column == 0) | (2 * column == width), 1.0, 2.0).to(real.dtype)  # for the missing half
        cosine, sine = (it[:, :count] * twice for it in across)
        return real @ cosine.T - imaginary @ sine.T


def waves(length: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cosines and sines of the transform, (length, length) each, symmetric and orthonormal together."""
    place = torch.arange(length, device=like.device)
    angles = (place[:, None] * place % length).to(like.dtype) * (2 * math.pi / length)
    return angles.cos() / length**0.5, angles.sin() / length**0.5


class Attention(nn.Module):
    """Add what the places that resemble each place hold.  (B, width, h, w) in and out, width a multiple of 32."""

    def __init__(self, width: int):
        super().__init__()
        self.heads = width // HEAD
        self.ask = nn.Conv2d(width, 3 * width, 1)
        self.sharpness = nn.Parameter(torch.full((self.heads, 1, 1), math.log(8.0)))
        self.answer = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        asked = self.ask(x).flatten(2).unflatten(1, (3, self.heads, HEAD)).transpose(-1, -2)  # (B, 3, heads, n, 32)
        query, key, value = asked.unbind(1)
        turn = positions(height, width, x.device)
        query, key = (turned(F.normalize(it.float(), dim=-1), turn).to(value.dtype) for it in (query, key))
        query = query * self.sharpness.exp().to(value.dtype)
        found = F.scaled_dot_product_attention(query, key, value, scale=1.0)  # (B, heads, n, 32)
        return x + self.answer(found.transpose(-1, -2).flatten(1, 2).unflatten(2, (height, width)))


def positions(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of the angles that rows and columns turn by, (h w, TURNED) each."""
    count = TURNED // 2
    steps = torch.arange(count, device=device) / max(count - 1, 1)
    speed = 2 * math.pi / (SHORTEST * (LONGEST / SHORTEST) ** steps)  # (count,), radians a pixel
    rows = torch.arange(height, device=device)[:, None, None] * speed
    columns = torch.arange(width, device=device)[None, :, None] * speed
    shape = (height, width, count)
    angles = torch.cat([rows.expand(shape), columns.expand(shape)], dim=-1).flatten(0, 1)
    return angles.cos(), angles.sin()


def turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the first channels by the position, so that products tell the distance.  (..., n, 32) in and out."""
    cosine, sine = (it.to(x.dtype) for it in turn)
    first, second, rest = x[..., :TURNED], x[..., TURNED : 2 * TURNED], x[..., 2 * TURNED :]
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine, rest], dim=-1)


SIGHT = {"fourier": Fourier, "attention": Attention}


class Up(nn.Module):
    """Double the size by a 1x1 convolution and a pixel shuffle.  (B, wide, h, w) -> (B, narrow, 2h, 2w)."""

    def __init__(self, wide: int, narrow: int):
        super().__init__()
        self.expand = nn.Conv2d(wide, 4 * narrow, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.expand(x), 2)


def blocks_of(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[ResidualBlock(width) for _ in range(count)])


class SightedUNet(Generator):
    """See the module's docstring; widths are the channels from 1/2 of the picture's size down to the bottleneck."""

    def __init__(self, widths: Sequence[int], *, blocks: Sequence[int], middle: int, sight: Sequence[str]):
        super().__init__()
        self.multiple = 2 ** len(widths)
        steps = list(pairwise(widths))
        self.head = nn.Conv2d(16, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(blocks_of(width, n) for width, n in zip(widths, blocks, strict=False))
        self.downs = nn.ModuleList(nn.Conv2d(narrow, wide, 2, stride=2) for narrow, wide in steps)
        self.shares = nn.ModuleList(nn.Conv2d(2, wide, 1) for _, wide in steps)
        looks = {(turn + 1) * middle // (len(sight) + 1): kind for turn, kind in enumerate(sight)}
        wide, units = widths[-1], []
        for turn in range(middle):
            units += [SIGHT[looks[turn]](wide)] if turn in looks else []
            units.append(ResidualBlock(wide))
        self.middle = nn.Sequential(*units)
        self.ups = nn.ModuleList(Up(wide, narrow) for narrow, wide in reversed(steps))
        self.decoders = nn.ModuleList(
            blocks_of(width, n) for width, n in reversed(list(zip(widths[:-1], blocks, strict=True)))
        )
        self.tail = nn.Conv2d(widths[0], 12, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        x = self.head(F.pixel_unshuffle(torch.cat([image, mask], dim=1), 2))  # (B, widths[0], H / 2, W / 2)
        skips, share = [], F.avg_pool2d(mask, 2)
        for encoder, down, of_share in zip(self.encoders, self.downs, self.shares, strict=True):
            x = encoder(x)
            skips.append(x)
            share = F.avg_pool2d(share, 2)
            x = down(x) + of_share(torch.cat([share, (share > 0).to(share.dtype)], dim=1))
        x = self.middle(x)  # (B, widths[-1], h, w)
        for up, decoder in zip(self.ups, self.decoders, strict=True):
            x = decoder(up(x) + skips.pop())
        return Prediction(image + F.pixel_shuffle(self.tail(x), 2), {})


def build(
    *,
    widths: Sequence[int] = (48, 96, 192),
    blocks: Sequence[int] = (1, 2),
    middle: int = 8,
    sight: Sequence[str] = ("fourier", "fourier", "fourier"),
) -> Generator:
    """Build the U-Net that sees far.

    widths: channels at 1/2, 1/4, ... of the size; H and W must divide by 2 ** len(widths).  blocks: residual blocks per
    direction at every level above the bottleneck, and `middle` at it.  sight: what stands between those, in this order,
    spread evenly: fourier and attention, or nothing.
    Raises ValueError for numbers that do not fit together and for a sight that it does not have.
    """
    if not widths or len(blocks) != len(widths) - 1:
        raise ValueError(f"widths {list(widths)} need as many blocks as levels above the last, not {list(blocks)}")
    unknown = next((kind for kind in sight if kind not in SIGHT), None)
    if unknown is not None:
        raise ValueError(f"sight {unknown!r} is unknown; choose {' or '.join(SIGHTS)}, a list of them or an empty list")
    if len(sight) >= max(middle, 1):
        raise ValueError(f"middle {middle} must be more than the {len(sight)} units of sight that stand between")
    if "attention" in sight and widths[-1] % HEAD:
        raise ValueError(f"the last width {widths[-1]} must divide by {HEAD}, the channels of a head of attention")
    return SightedUNet(widths, blocks=blocks, middle=middle, sight=sight)
