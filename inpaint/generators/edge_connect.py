"""EdgeConnect: one network continues the edges of the known pixels into the hole, another paints by those edges.

Source: Nazeri et al., EdgeConnect: Generative Image Inpainting with Adversarial Edge Learning (2019), in the shape of
the authors' PyTorch code.  Both networks work in [0, 1], with white holes for pictures and black ones for edges; the
painter sees no mask.  Canny's edges are those of the known pixels (see `inpaint.layers.canny`).

What differs: the drawn edges are taken inside the hole only, as in the authors' training, where their test program
feeds them everywhere; sides that do not divide by 4, or are shorter than 16 pixels, are enlarged by repeating the last
row and column instead of answering a smaller picture; a non-local block (Zhang et al. 2019) is a choice.  Spectral norm
is PyTorch's parametrization: `inpaint.importing.layouts` says what each of our entries is called in the authors' files.
"""

from __future__ import annotations

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.contracts import Generator, View
from inpaint.layers.canny import canny, grey
from inpaint.layers.non_local import NonLocal
from inpaint.layers.padding import with_margin
from inpaint.layers.residual import ReflectedBlock, normalised, start_small
from inpaint.sample import Prediction

RESIDUAL_BLOCKS = 8
LEAST_EDGES_SIDE = 16  # px; four features a side, of which the non-local block makes two keys a side


class EdgeConnectTrunk(nn.Module):
    """The layers that both networks have; spectral normalises all convolutions but the last.

    (B, channels, H, W) -> (B, answers, H, W) without an output activation; H and W divide by 4.
    """

    def __init__(self, channels: int, answers: int, width: int, *, spectral: bool, non_local: bool):
        super().__init__()
        wide = 4 * width
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            *normalised(nn.Conv2d(channels, width, 7)),
            *normalised(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)),
            *normalised(nn.Conv2d(2 * width, wide, 4, stride=2, padding=1)),
        )
        blocks = (ReflectedBlock(wide, dilation=2, bias=not spectral) for _ in range(RESIDUAL_BLOCKS))
        self.middle = nn.Sequential(*blocks)
        self.decoder = nn.Sequential(
            *normalised(nn.ConvTranspose2d(wide, 2 * width, 4, stride=2, padding=1)),
            *normalised(nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, answers, 7),
        )
        self.apply(start_small)  # before spectral norm, which starts its power iteration from the weights it finds
        if spectral:
            for part in (self.encoder, self.middle, self.decoder[:-1]):
                for layer in list(part.modules()):
                    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                        spectral_norm(layer)
        self.non_local = NonLocal(wide) if non_local else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(x)  # (B, 4 width, h, w)
        x = self.middle[RESIDUAL_BLOCKS // 2 :](self.non_local(self.middle[: RESIDUAL_BLOCKS // 2](x)))
        return self.decoder(x)


class EdgeGenerator(EdgeConnectTrunk):
    """Draws edges; 10,761,089 parameters for width 64."""

    def __init__(self, *, width: int = 64, non_local: bool = False):
        super().__init__(3, 1, width, spectral=True, non_local=non_local)

    def forward(self, picture: Tensor, edges: Tensor, mask: Tensor) -> Tensor:
        """Return how likely each pixel is an edge, (B, 1, H, W) in (0, 1); all three inputs are (B, 1, H, W)."""
        known = 1 - mask
        return super().forward(torch.cat([picture * known + mask, edges * known, mask], dim=1)).sigmoid()


class InpaintGenerator(EdgeConnectTrunk):
    """Paints by edges; 10,774,595 parameters for width 64.  see_mask: whether it is shown which pixels are unknown."""

    def __init__(self, *, width: int = 64, non_local: bool = False, see_mask: bool = False):
        super().__init__(4 + see_mask, 3, width, spectral=False, non_local=non_local)
        self.see_mask = see_mask

    def forward(self, image: Tensor, edges: Tensor, mask: Tensor) -> Tensor:
        """Return the restored picture (B, 3, H, W) in [0, 1]; edges: (B, 1, H, W), complete."""
        seen = [image * (1 - mask) + mask, edges, *([mask] if self.see_mask else [])]
        answer = super().forward(torch.cat(seen, dim=1))
        return (answer.tanh() + 1) / 2


class EdgeConnect(Generator):
    """Both networks, one after the other; the gradient of the painter reaches the one that draws."""

    multiple = 4
    view: View = "square"  # its instance norms are of the picture
    faster_channels_last = False
    exportable: str | None = "it finds edges with OpenCV's Canny"

    def __init__(self, *, width: int, sigma: float, non_local: bool, see_mask: bool = False):
        super().__init__()
        self.edges = EdgeGenerator(width=width, non_local=non_local)
        self.painter = InpaintGenerator(width=width, non_local=non_local, see_mask=see_mask)
        self.sigma = sigma

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        """Restore by drawn edges; extras["edge"] is the raw answer of the network that draws, (B, 1, H, W)."""
        drawn, complete = self.draw(image, mask)
        return Prediction(self.restore_with_edges(image, mask, complete).image, {"edge": drawn})

    def draw(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the drawn edges and their composite with Canny's of the known pixels, both (B, 1, H, W)."""
        height, width = image.shape[-2:]
        image, mask = (with_margin(it, multiple=self.multiple, least=LEAST_EDGES_SIDE) for it in (image, mask))
        picture = grey(image)
        found = self.lines_of(image, mask)
        drawn = self.edges(picture, found, mask)
        complete = drawn * mask + found * (1 - mask)
        return drawn[..., :height, :width], complete[..., :height, :width]

    def lines_of(self, image: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the lines of pictures (B, 3, H, W), of what a mask leaves, as zeros and ones (B, 1, H, W)."""
        return canny(grey(image), mask, sigma=self.sigma)

    def restore_with_edges(self, image: Tensor, mask: Tensor, edges: Tensor) -> Prediction:
        """Restore by edges (B, 1, H, W) in [0, 1] from anywhere, which are taken as they are, in the hole and outside.

        Raises ValueError for edges of another shape than the mask's.
        """
        if edges.shape != mask.shape:
            raise ValueError(f"the edges are {tuple(edges.shape)}: they must have the mask's shape {tuple(mask.shape)}")
        large = (with_margin(it, multiple=self.multiple, least=LEAST_EDGES_SIDE) for it in (image, edges, mask))
        return Prediction(self.painter(*large)[..., : image.shape[-2], : image.shape[-1]], {})


def build(*, width: int = 64, sigma: float = 2.0, non_local: bool = False) -> Generator:
    """Build EdgeConnect; sigma: of Canny's Gaussian in pixels, non_local: a non-local block in the middle of each.

    Raises ValueError for a width below 2 and for a sigma that is not above 0.
    """
    if width < 2 or sigma <= 0:
        raise ValueError(f"width is {width} and sigma is {sigma}: width must be at least 2 and sigma above 0")
    return EdgeConnect(width=width, sigma=sigma, non_local=non_local)
