"""The U-Net of partial convolutions, whose encoder shrinks the hole until it is gone.

Source: Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions (2018), 8 levels, for 512 x 512
pixels; its best-known PyTorch code has 7, for 256 x 256. The wiring is that code's: biases only in the last
convolution, concatenation as [up, skip], weights drawn by He et al. with the fan in. It works on pictures normalised
by ImageNet's statistics; the mask is turned to 1 = known.

What differs: the layer is NVIDIA's, which scales by the window's size as the paper says. `freeze_encoder_norm` is the
paper's second phase: the encoder's batch norms, whose statistics holes distort, stay in eval mode. OpenMMLab's network
is the other choices of scale and first_bias.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.partial_conv import Partial, PartialConv2d
from inpaint.sample import Prediction

FIRST_KERNELS = (7, 5, 5)  # of the first encoders; all others have 3
WIDEST_IN_WIDTHS = 8  # channels double at every level up to 8 times the width
DECODER_SLOPE = 0.2
PICTURE_SCALES = {  # the mean and the deviation that are taken off
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "signed": ((0.5,) * 3, (0.5,) * 3),
}


class PartialEncoder(nn.Module):
    """Halve the size.  (B, channels, H, W) -> (B, width, H / 2, W / 2)."""

    def __init__(self, channels: int, width: int, kernel: int, *, norm: bool, bias: bool):
        super().__init__()
        self.convolution = PartialConv2d(channels, width, kernel, stride=2, padding=kernel // 2, bias=bias)
        self.norm = nn.BatchNorm2d(width) if norm else nn.Identity()

    def forward(self, x: Partial) -> Partial:
        x = self.convolution(x)
        return Partial(self.norm(x.features).relu(), x.valid)


class PartialDecoder(nn.Module):
    """Double the size by repetition and convolve [up, skip]; the last decoder has a bias and nothing after it."""

    def __init__(self, channels: int, skip: int, width: int, *, last: bool):
        super().__init__()
        self.last = last
        self.convolution = PartialConv2d(channels + skip, width, 3, padding=1, bias=last)
        self.norm = nn.Identity() if last else nn.BatchNorm2d(width)

    def forward(self, x: Partial, skip: Partial) -> Partial:
        up = Partial(*(F.interpolate(tensor, scale_factor=2, mode="nearest") for tensor in x))
        x = self.convolution(up, skip)
        return x if self.last else Partial(F.leaky_relu(self.norm(x.features), DECODER_SLOPE), x.valid)


class PartialUNet(nn.Module):
    """As many encoders as decoders, for normalised pictures; 32,859,732 parameters for 8 levels of width 64."""

    def __init__(self, width: int, *, levels: int, freeze_encoder_norm: bool = False, first_bias: bool = False):
        super().__init__()
        self.freeze_encoder_norm = freeze_encoder_norm
        widths = [3, *(width * min(2**level, WIDEST_IN_WIDTHS) for level in range(levels))]
        kernels = [*FIRST_KERNELS, *[3] * levels][:levels]
        self.encoders = nn.ModuleList(
            PartialEncoder(narrow, wide, kernel, norm=level > 0, bias=first_bias and level == 0)
            for level, ((narrow, wide), kernel) in enumerate(zip(pairwise(widths), kernels, strict=True))
        )
        self.decoders = nn.ModuleList(
            PartialDecoder(wide, narrow, narrow, last=level == 0)
            for level, (narrow, wide) in reversed(list(enumerate(pairwise(widths))))
        )
        for layer in self.modules():
            if isinstance(layer, PartialConv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_in")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def train(self, mode: bool = True) -> PartialUNet:
        """Set the mode; the encoder's norms keep their statistics where freeze_encoder_norm."""
        super().train(mode)
        if self.freeze_encoder_norm:
            self.encoders.eval()  # batch norms are all that the mode matters to
        return self

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Complete x (B, 3, H, W) where valid (B, 1, H, W) is 0."""
        levels = [Partial(x, valid)]
        for encoder in self.encoders:
            levels.append(encoder(levels[-1]))
        answer = levels.pop()
        for decoder in self.decoders:
            answer = decoder(answer, levels.pop())
        return answer.features


class PConv(Generator):
    """The trunk behind the contract of every generator: image and mask in [0, 1] in, a Prediction out."""

    view: View = "square"  # its levels reach down to a few values for the whole picture
    exportable: str | None = None

    def __init__(self, trunk: PartialUNet, *, multiple: int, scale: str = "imagenet"):
        super().__init__()
        self.trunk = trunk
        self.multiple = multiple
        mean, deviation = PICTURE_SCALES[scale]
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        mean, deviation = self.get_buffer("mean"), self.get_buffer("deviation")
        answer = self.trunk((image - mean) / deviation, 1 - mask)
        return Prediction(answer * deviation + mean, {})


def build(
    *,
    levels: int = 8,
    width: int = 64,
    freeze_encoder_norm: bool = False,
    scale: str = "imagenet",
    first_bias: bool = False,
) -> Generator:
    """Build the partial convolution U-Net; H and W must divide by 2 ** levels.

    freeze_encoder_norm: for fine-tuning.  scale: of the pictures it works on, imagenet's statistics or signed, which is
    [-1, 1].  first_bias: of the first convolution.  Raises ValueError for less than one level, a width below 1 and
    an unknown scale.
    """
    if levels < 1 or width < 1:
        raise ValueError(f"levels is {levels} and width is {width}: both must be at least 1")
    if scale not in PICTURE_SCALES:
        raise ValueError(f"scale {scale!r} is unknown; choose {' or '.join(PICTURE_SCALES)}")
    trunk = PartialUNet(width, levels=levels, freeze_encoder_norm=freeze_encoder_norm, first_bias=first_bias)
    return PConv(trunk, multiple=2**levels, scale=scale)
