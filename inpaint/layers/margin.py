"""Room for networks whose reflections or strides need more pixels than a picture has.

Differs from the published codes, which fail on such pictures or answer one of another size.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def with_margin(x: Tensor, *, multiple: int, least: int) -> Tensor:
    """Repeat the last row and column until both sides divide by multiple and are at least least.

    x: (B, C, H, W).  A picture that is large enough and divides comes back untouched.  Both multiple and least are in
    pixels, and least divides by multiple.
    """
    assert least % multiple == 0
    height, width = (max(least, side + -side % multiple) for side in x.shape[-2:])
    if (height, width) == x.shape[-2:]:
        return x
    return F.pad(x, (0, width - x.shape[-1], 0, height - x.shape[-2]), mode="replicate")
