"""Foreground-aware inpainting: the contour of what stands out is continued into the hole, and painted by.

Source: a reading of Xiong et al., Foreground-aware Image Inpainting (2019), whose authors published no code: its
figures are not theirs.  Both networks are EdgeConnect's, the first one with contours in the place of Canny's edges, the
second one with the mask beside the picture, as in DeepFill v2, which the paper builds on; without it a painter that
learns for minutes takes white holes for white things.  They learn by EdgeConnect's recipe with a focal term for
contours and an adversarial weight that rises by and by, as the paper's curriculum does.

Differs: what stands out is found by its colours (see `inpaint.layers.contours`), where the paper has a network for it;
the contour is completed in one step, not two.
"""

from __future__ import annotations

from torch import Tensor

from inpaint.contracts import Generator
from inpaint.generators.edge_connect import EdgeConnect
from inpaint.layers.contours import salient_contours


class Foreground(EdgeConnect):
    """EdgeConnect whose lines are contours."""

    exportable: str | None = "it finds what stands out with OpenCV"

    def lines_of(self, image: Tensor, mask: Tensor | None = None) -> Tensor:
        return salient_contours(image, mask)


def build(*, width: int = 64, non_local: bool = False) -> Generator:
    """Build both networks; width and non_local as of edge_connect.  Raises ValueError for a width below 2."""
    if width < 2:
        raise ValueError(f"width is {width}: this network needs a width of at least 2")
    return Foreground(width=width, sigma=1.0, non_local=non_local, see_mask=True)
