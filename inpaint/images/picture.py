"""A picture as its file holds it: exact integer samples, and everything else that must be written back.

The samples keep the depth of the file (8 or 16 bits), so a restored picture differs from its source only where
something was restored.  What a file holds as palette indices, inks (CMYK) or single bits is shown as grey or RGB and
kept beside it, so that writing changes the restored pixels alone.  Only grey of 2 or 4 bits becomes 8-bit grey.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:  # pictures are also listed and judged where no network runs, and torch takes a second to import
    from torch import Tensor

NO_SAMPLES = np.zeros((0, 0), np.uint8)
RED_SHARE, BLUE_SHARE = 0.299, 0.114  # of the luma, ITU-R BT.601; the rest is green


class Compression(NamedTuple):
    """How a JPEG file was compressed, so that it can be compressed the same way again."""

    tables: dict[int, list[int]] | list[list[int]]
    subsampling: int  # as Pillow counts: 0 = 4:4:4, 1 = 4:2:2, 2 = 4:2:0, -1 = something else, or grey
    progressive: bool


class CodedJpeg(NamedTuple):
    """A JPEG as it was read, for its blocks to be kept where nothing is restored."""

    data: bytes  # up to its end
    orientation: int  # that turns its pixels upright
    segments: tuple[tuple[int, bytes], ...]  # marker and content of what stands before the pixels and is carried over
    trailer: bytes  # what follows its end: further pictures, a video, ...
    shown: np.ndarray = NO_SAMPLES  # (H, W, 1, 3 or 4 inks) uint8, what was decoded, upright; never changed


class Stored(NamedTuple):
    """The samples as the file holds them, upright, where the colours of a picture only show what they mean."""

    mode: str  # "1", "P", "CMYK", or "KEY" for grey or RGB of which one colour is declared clear
    shown: np.ndarray  # the colours that a picture had when it was read: where they differ, it was restored
    samples: np.ndarray  # "P": (H, W) uint8, "CMYK": (H, W, 4) uint8; empty for the others, whose colours say it all
    palette: np.ndarray | None = None  # "P": (N, 4) uint8 RGBA; "KEY": (1 or 3,) the clear colour
    icc: bytes | None = None  # "CMYK": the profile of the inks


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright, with what its file carried beside the pixels."""

    colour: np.ndarray  # uint8 or uint16, (H, W, 1) grey or (H, W, 3) RGB
    alpha: np.ndarray | None = None  # (H, W), same type as colour
    format: str = "PNG"  # one of those in listing.FORMATS: what the file was
    lossless: bool = True  # whether the file held its pixels exactly
    icc: bytes | None = None
    exif: bytes | None = None  # a TIFF block without the "Exif" prefix; its orientation is 1
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    comment: bytes | None = None  # JPEG and GIF
    text: dict[str, str] = field(default_factory=dict)  # PNG
    chunks: tuple[tuple[bytes, bytes], ...] = ()  # PNG: (name, data) of the chunks that say what the colours mean
    compression: Compression | None = None  # JPEG
    coded: CodedJpeg | None = None  # JPEG
    chroma: str | None = None  # AVIF, HEIC: "4:2:0", "4:4:4", ...
    tags: tuple[tuple[int, int, bytes], ...] = ()  # TIFF: tag, kind and content of those that are carried over
    extra: np.ndarray | None = None  # (H, W), TIFF: a channel of which the file does not say what it is
    stored: Stored | None = None
    lost: str | None = None  # what reading could not keep, in words

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.colour.shape[0], self.colour.shape[1]

    @property
    def peak(self) -> int:
        """The sample value that means 1.0: 255 or 65535."""
        return int(np.iinfo(self.colour.dtype).max)

    def tensor(self) -> Tensor:
        """Give the colours as float32 RGB (3, H, W), each sample divided by 255 or 65535; grey is repeated."""
        import torch

        image = torch.from_numpy(self.colour.astype(np.float32)) / self.peak  # (H, W, 1 or 3)
        return image.permute(2, 0, 1).expand(3, -1, -1).contiguous()

    def restored(self, image: Tensor, mask: Tensor) -> Picture:
        """Write the restored colours where mask is 1; every other sample, and all of alpha, keeps its exact integer.

        image: (3, H, W) in [0, 1].  mask: (1, H, W) in {0, 1}.  Values are clipped and rounded to the depth of the
        picture; a grey picture takes their luma (ITU-R BT.601).  Raises ValueError for other shapes, and for an
        image that is not finite under the mask.
        """
        import torch

        for name, tensor, channels in (("image", image, 3), ("mask", mask, 1)):
            if tuple(tensor.shape) != (channels, *self.size):
                raise ValueError(f"the {name} has shape {tuple(tensor.shape)}, but must be {(channels, *self.size)}")
        chosen = mask[0].detach().cpu() > 0.5  # (H, W)
        values = image.detach().cpu().to(torch.float64)[:, chosen]  # (3, N)
        if not torch.isfinite(values).all():
            raise ValueError("the restored image holds values that are not finite (NaN or infinite) under the mask")
        if self.colour.shape[2] == 1:
            red, green, blue = values
            luma = green + RED_SHARE * (red - green) + BLUE_SHARE * (blue - green)  # exact where all three are equal
            values = luma[None]  # (1, N)
        colour = self.colour.copy()
        colour[chosen.numpy()] = (values.clamp(0, 1) * self.peak).round().numpy().T.astype(colour.dtype)
        return replace(self, colour=colour)


def eight_bits(samples: np.ndarray) -> np.ndarray:
    """Return samples as uint8: uint16 ones rounded to the nearest level, uint8 ones as they are."""
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8) if samples.dtype == np.uint16 else samples


def from_array(image: Tensor) -> Picture:
    """Make a new 8-bit PNG picture of an RGB tensor (3, H, W): uint8, or floating point in [0, 1]."""
    import torch

    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"the image has shape {tuple(image.shape)}, but must be (3, height, width)")
    if image.dtype != torch.uint8:
        if not image.is_floating_point():
            raise ValueError(f"the image holds {image.dtype}, but must hold uint8, or floating point in [0, 1]")
        image = (image.detach().to(torch.float64).clamp(0, 1) * 255).round().to(torch.uint8)
    return Picture(np.ascontiguousarray(image.detach().cpu().permute(1, 2, 0).numpy()))
