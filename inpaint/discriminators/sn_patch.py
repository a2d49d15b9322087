"""SN-PatchGAN: every value of a deep feature map is a judgement of its own.

Source: Yu et al., Free-Form Image Inpainting with Gated Convolution (2019), as in the authors' code: six 5x5
convolutions of stride 2 with TensorFlow's SAME padding, spectral normalisation (Miyato et al., 2018) and bias, a
leaky ReLU after the last too; a picture of 256 gets 4 x 4 x 256 = 4096 logits.  Differs: RGB where the authors feed
BGR, and no gradient passes through the power iteration, as in PyTorch's spectral norm: in the authors' TensorFlow
code it passes through the vectors too.  The trunk works in [-1, 1].

The discriminator of region-wise inpainting (Ma et al., 2019) has the same layers, but sees the picture within the hole
alone and 0 around it, beside a mask with 1 = known: that is `within`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown
from inpaint.layers.padding import PaddedConv

TIMES = (1, 2, 4, 4, 4, 4)  # widths of the layers, in widths of the first


class Trunk(nn.Module):
    """The convolutions; (B, in_channels, H, W) -> (B, 4 width, H / 64, W / 64)."""

    def __init__(self, in_channels: int, width: int, *, padding: str):
        super().__init__()
        widths = [width * times for times in TIMES]
        self.convolutions = nn.ModuleList(
            PaddedConv(channels, wide, kernel=5, stride=2, padding=padding)
            for channels, wide in zip([in_channels, *widths], widths, strict=False)
        )

    def forward(self, x: Tensor) -> Scores:
        features = []
        for convolution in self.convolutions:
            x = nn.functional.leaky_relu(convolution(x), LEAKY_SLOPE)
            features.append(x)
        return Scores(x, features)


class SnPatch(Discriminator):
    """A trunk that looks at candidates in [0, 1], and at what its options name."""

    def __init__(self, trunk: Trunk, *, see_image: bool, see_mask: bool, within: bool):
        super().__init__()
        self.trunk = trunk
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        self.within = within

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return logits (B, 4 width, H / 64, W / 64), rounded up: one judgement per channel and place."""
        x = 2 * candidate - 1
        if self.within:
            x, mask = x * mask, 1 - mask
        return self.trunk(shown(x, 2 * image - 1, mask, **self.sees))


def build(
    *,
    width: int = 64,
    spectral: bool = True,
    see_image: bool = False,
    see_mask: bool = True,
    within: bool = False,
    padding: str = "tensorflow",
) -> Discriminator:
    """Build an SN-PatchGAN; the defaults make 5,946,816 parameters.

    within: see the picture within the hole alone, and the mask of what is known.  padding: tensorflow as published or
    pytorch.  Raises ValueError for a width below 1 and for an unknown padding.
    """
    if width < 1:
        raise ValueError(f"width is {width}: a discriminator needs a width of at least 1")
    channels = 3 + extra_channels(see_image=see_image, see_mask=see_mask)
    trunk = Trunk(channels, width, padding=padding)
    if spectral:  # after the weights are drawn: the power iteration starts from what it finds
        for convolution in trunk.convolutions:
            spectral_norm(convolution)
    return SnPatch(trunk, see_image=see_image, see_mask=see_mask, within=within)
