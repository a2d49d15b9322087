"""Region-wise convolution: known and missing places have filters of their own.

Source: Ma et al., Coarse-to-Fine Image Inpainting via Region-wise Convolutions and Non-local Correlation (2019). Two
definitions that are not the same are in use, and both are here by name. "masked" is the authors' code: each filter
sees only its own region's features, W_v * (X m) + W_m * (X' (1 - m)) + b. "select" is the paper's text: both filters
see everything, and each place takes the answer of its region's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.padding import reflect

REGION_WISE_FORMS = ("masked", "select")


def resized(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize a mask (B, 1, H, W) to the nearest pixel with aligned corners, as the TensorFlow code does."""
    rows, columns = (aligned_places(old, new).to(mask.device) for old, new in zip(mask.shape[-2:], size, strict=True))
    return mask.index_select(-2, rows).index_select(-1, columns)


def aligned_places(old: int, new: int) -> Tensor:
    """Return the nearest of `old` places for each of `new` ones, floor(k (old - 1) / (new - 1) + 1/2), (new,)."""
    steps = max(1, new - 1)
    return (2 * torch.arange(new) * (old - 1) + steps) // (2 * steps)


class RegionWiseConv(nn.Module):
    """A region-wise convolution, after doubling the size where enlarge.

    known, missing: channels of the features that known and missing places are made from. padding: reflect or zeros.
    """

    def __init__(
        self,
        known: int,
        missing: int,
        width: int,
        *,
        kernel: int = 3,
        form: str = "masked",
        enlarge: bool = False,
        padding: str = "reflect",
    ):
        super().__init__()
        if form not in REGION_WISE_FORMS:
            raise ValueError(f"form {form!r} is no region-wise convolution; choose {' or '.join(REGION_WISE_FORMS)}")
        self.form, self.enlarge, self.padding = form, enlarge, padding
        self.margin = kernel // 2
        if form == "masked":
            self.both = nn.Conv2d(known + missing, width, kernel)  # its first inputs are W_v, the others W_m
        else:
            self.known = nn.Conv2d(known, width, kernel)
            self.missing = nn.Conv2d(known, width, kernel)

    def forward(self, known: Tensor, missing: Tensor, valid: Tensor) -> Tensor:
        """Convolve.  valid: (B, 1, H, W), 1 = known, of any size.

        The masked form multiplies before enlarging, at the features' size.  The select form does not look at
        `missing`: both its filters see `known`, which holds it.
        """
        if self.form == "masked":
            mask = resized(valid, known.shape[-2:]).to(known.dtype)  # pyright: ignore[reportArgumentType]
            return self.both(self.prepared(torch.cat([known * mask, missing * (1 - mask)], dim=1)))
        x = self.prepared(known)
        answers = self.known(x), self.missing(x)
        mask = resized(valid, answers[0].shape[-2:])  # pyright: ignore[reportArgumentType]
        return answers[0].where(mask > 0.5, answers[1])

    def prepared(self, x: Tensor) -> Tensor:
        """Enlarge where asked, and pad."""
        if self.enlarge:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return reflect(x, self.margin) if self.padding == "reflect" else F.pad(x, (self.margin,) * 4)
