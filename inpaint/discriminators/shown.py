"""What every discriminator here has in common: what it looks at, and the slope of its leaky ReLUs.

It looks at the candidate, and beside it at what its options name.

Source: conditional discriminators see the input beside the output (Isola et al. 2017, who put the input first), those
of free-form inpainting the mask (Yu et al. 2019, who put it last).
"""

from __future__ import annotations

import torch
from torch import Tensor

LEAKY_SLOPE = 0.2


def shown(candidate: Tensor, image: Tensor, mask: Tensor, *, see_image: bool, see_mask: bool) -> Tensor:
    """Return the channels in the order damaged picture, candidate, mask; those that are not seen are left out."""
    seen = [image.to(candidate.dtype)] if see_image else []
    seen += [candidate, mask.to(candidate.dtype)] if see_mask else [candidate]
    return torch.cat(seen, dim=1) if len(seen) > 1 else candidate


def extra_channels(*, see_image: bool, see_mask: bool) -> int:
    """Return how many channels are seen beside those of the candidate."""
    return 3 * see_image + see_mask
