"""Fast Fourier convolutions: a part of the channels sees the neighbours, the rest the whole picture by its spectrum.

Source: Chi et al., Fast Fourier Convolution (2020), in the shape that LaMa (Suvorov et al., 2022) gives it: without the
local unit, without biases, convolutions padded by reflection.  State-dict names are the authors'.  Spectra are computed
in single precision at least, also under autocast: half-precision transforms are missing or too coarse.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn as nn
from torch import Tensor


class NearAndFar(NamedTuple):
    """Features of the neighbourhood and of the whole picture; the latter None where a layer has none yet."""

    near: Tensor  # (B, l, h, w)
    far: Tensor | None  # (B, g, h, w)


class FourierUnit(nn.Module):
    """Convolve the spectrum with 1 x 1: every place sees all others.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        self.conv_layer = nn.Conv2d(2 * width, 2 * width, 1, bias=False)
        self.bn = nn.BatchNorm2d(2 * width)

    def forward(self, x: Tensor) -> Tensor:
        dtype, (_, width, height, columns) = x.dtype, x.shape
        with torch.autocast(x.device.type, enabled=False):
            x = x.float() if dtype in (torch.float16, torch.bfloat16) else x
            spectrum = torch.fft.rfft2(x, norm="ortho")  # (B, width, h, w / 2 + 1)
            parts = torch.stack([spectrum.real, spectrum.imag], dim=2)  # a channel's two parts lie beside each other
            parts = self.bn(self.conv_layer(parts.flatten(1, 2))).relu().unflatten(1, (width, 2))
            answer = torch.fft.irfft2(torch.complex(parts[:, :, 0], parts[:, :, 1]), s=(height, columns), norm="ortho")
        return answer.to(dtype)


class SpectralTransform(nn.Module):
    """Halve the channels, add what the spectrum says, and widen again.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        half = width // 2
        self.conv1 = nn.Sequential(nn.Conv2d(width, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU())
        self.fu = FourierUnit(half)
        self.conv2 = nn.Conv2d(half, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(x + self.fu(x))


class FourierConv(nn.Module):
    """A convolution of both parts: channels and widths are (near, far), and 0 leaves a part out."""

    def __init__(
        self, channels: tuple[int, int], widths: tuple[int, int], *, kernel: int = 3, stride: int = 1, padding: int = 1
    ):
        super().__init__()

        def convolution(narrow: int, wide: int) -> nn.Module:
            if not narrow or not wide:
                return nn.Identity()
            return nn.Conv2d(narrow, wide, kernel, stride, padding, bias=False, padding_mode="reflect")

        assert not channels[1] or channels[1] == widths[1], "a spectrum keeps its channels"
        self.convl2l, self.convl2g = (convolution(channels[0], wide) for wide in widths)
        self.convg2l = convolution(channels[1], widths[0])
        self.convg2g = SpectralTransform(widths[1]) if channels[1] else nn.Identity()
        self.answers_far = widths[1] > 0

    def forward(self, x: NearAndFar) -> NearAndFar:
        near, far = self.convl2l(x.near), self.convl2g(x.near) if self.answers_far else None
        if x.far is None:
            return NearAndFar(near, far)
        assert far is not None
        return NearAndFar(near + self.convg2l(x.far), far + self.convg2g(x.far))


class FourierLayer(nn.Module):
    """A convolution of both parts, each with its batch norm and its ReLU."""

    def __init__(self, channels: tuple[int, int], widths: tuple[int, int], **shape: int):
        super().__init__()
        self.ffc = FourierConv(channels, widths, **shape)
        self.bn_l = nn.BatchNorm2d(widths[0])
        self.bn_g = nn.BatchNorm2d(widths[1]) if widths[1] else nn.Identity()

    def forward(self, x: NearAndFar | Tensor) -> NearAndFar:
        near, far = self.ffc(NearAndFar(x, None) if isinstance(x, Tensor) else x)
        return NearAndFar(self.bn_l(near).relu(), None if far is None else self.bn_g(far).relu())


class FourierBlock(nn.Module):
    """Two layers, added to what came in."""

    def __init__(self, widths: tuple[int, int]):
        super().__init__()
        self.conv1, self.conv2 = FourierLayer(widths, widths), FourierLayer(widths, widths)

    def forward(self, x: NearAndFar) -> NearAndFar:
        near, far = self.conv2(self.conv1(x))
        assert x.far is not None
        assert far is not None
        return NearAndFar(x.near + near, x.far + far)


class Joined(nn.Module):
    """Both parts as one: (B, l + g, h, w)."""

    def forward(self, x: NearAndFar) -> Tensor:
        assert x.far is not None
        return torch.cat([x.near, x.far], dim=1)
