"""PatchGAN: judges overlapping patches of a picture instead of the whole.

Source: Isola et al., Image-to-Image Translation with Conditional Adversarial Networks (2017); layers=3 sees patches of
70 x 70 pixels, layers=0 is its PixelGAN. The trunk's state dict has the keys of the authors' PyTorch code. Differs:
spectral normalisation (Miyato et al., 2018), and what is seen beside the candidate, are choices: see_image shows the
damaged picture before it, as pix2pix has it, see_mask the mask after it; without a norm every convolution has a bias.
EdgeConnect (Nazeri et al., 2019) and Region Normalization (Yu et al., 2020) judge with norm none, spectral, no bias at
all, and pictures in [0, 1]: bias and signed are choices for them.  EdgeConnect's judge of edges sees two channels, grey
and edge, in the place of a picture.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown

NORMS = ("batch", "instance", "none")
INITIAL_DEVIATION = 0.02
STARTS = ("normal", "kaiming", "default")
KAIMING_SCALE = 0.1  # of ESRGAN's initialisation, which Region Normalization takes over
WIDEST = 8  # channels grow to 8 times the width, then stay


class PatchTrunk(nn.Module):
    """The convolutions, for any number of input channels in [-1, 1]; without bias none has one."""

    def __init__(
        self,
        in_channels: int,
        *,
        width: int = 64,
        layers: int = 3,
        norm: str = "batch",
        bias: bool = True,
        norm_bias: bool = False,
        padding: int = 1,
    ):
        super().__init__()
        options = {"width": width, "norm": norm, "bias": bias, "norm_bias": norm_bias}
        wide = patch_layers(in_channels, layers=layers, padding=padding, **options) if layers else None
        self.model = nn.Sequential(*(wide or pixel_layers(in_channels, **options)))

    def forward(self, x: Tensor) -> Scores:
        features = []
        for layer in self.model:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                features.append(x)
        return Scores(x, [*features, x])


class Patch(Discriminator):
    """A trunk that looks at candidates in [0, 1], shown in [-1, 1] where signed, and at what its options name.

    The candidates have as many channels as the network was built for.
    """

    def __init__(self, trunk: PatchTrunk, *, see_image: bool, see_mask: bool, signed: bool):
        super().__init__()
        self.trunk = trunk
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        self.signed = signed

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        if self.signed:
            candidate, image = 2 * candidate - 1, 2 * image - 1
        return self.trunk(shown(candidate, image, mask, **self.sees))


def patch_layers(
    in_channels: int, *, width: int, layers: int, norm: str, bias: bool, norm_bias: bool, padding: int
) -> list[nn.Module]:
    """Return convolutions of stride 2, as many as layers, then one of stride 1 and the logits."""
    stack: list[nn.Module] = [
        nn.Conv2d(in_channels, width, 4, stride=2, padding=padding, bias=bias),
        nn.LeakyReLU(LEAKY_SLOPE),
    ]
    channels, inner_bias = width, bias and (norm_bias or norm != "batch")  # a batch norm has its own shift
    for depth in range(1, layers + 1):
        wider, stride = width * min(2**depth, WIDEST), 2 if depth < layers else 1
        convolution = nn.Conv2d(channels, wider, 4, stride=stride, padding=padding, bias=inner_bias)
        stack += [convolution, *norm_layers(norm, wider)]
        stack += [nn.LeakyReLU(LEAKY_SLOPE)]
        channels = wider
    return [*stack, nn.Conv2d(channels, 1, 4, stride=1, padding=padding, bias=bias)]


def pixel_layers(in_channels: int, *, width: int, norm: str, bias: bool, norm_bias: bool) -> list[nn.Module]:
    """Return 1 x 1 convolutions: every pixel is judged alone."""
    inner_bias = bias and (norm_bias or norm != "batch")  # the authors leave out the last one too
    return [
        nn.Conv2d(in_channels, width, 1, bias=bias),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.Conv2d(width, 2 * width, 1, bias=inner_bias),
        *norm_layers(norm, 2 * width),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.Conv2d(2 * width, 1, 1, bias=inner_bias),
    ]


def norm_layers(norm: str, channels: int) -> list[nn.Module]:
    """Return the norm of one stage: a list of one layer, or of none."""
    if norm == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels)] if norm == "instance" else []


def initialize(module: nn.Module, start: str = "normal") -> None:
    """Draw convolutions from N(0, 0.02) and batch norm scales from N(1, 0.02); biases start at 0.

    start: kaiming draws convolutions by He et al. instead, and takes a tenth; default leaves PyTorch's.
    """
    if start == "default":
        return
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and start == "kaiming":
            nn.init.kaiming_normal_(layer.weight)
            layer.weight.data *= KAIMING_SCALE
        elif isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, INITIAL_DEVIATION)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, INITIAL_DEVIATION)
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def build(
    *,
    width: int = 64,
    layers: int = 3,
    norm: str = "batch",
    spectral: bool = False,
    see_image: bool = False,
    see_mask: bool = False,
    bias: bool = True,
    signed: bool = True,
    in_channels: int = 3,
    start: str = "normal",
    plain_last: bool = False,
    norm_bias: bool = False,
    padding: int = 1,
) -> Discriminator:
    """Build a PatchGAN; layers is its number of stride-2 convolutions, 0 judges single pixels.

    bias: false leaves out every bias.  signed: whether pictures are shown in [-1, 1] or as they are.  in_channels: of
    the candidates alone.  start: normal, or kaiming as Region Normalization has it, whose inner layers start 4 to 12
    times smaller, so that under spectral norm they learn as much faster, or default, PyTorch's.  norm_bias:
    convolutions before a batch norm have a bias, too, and padding: of all, in px; in LaMa true and 2.  plain_last: the
    last convolution alone has a bias and no spectral norm, as in AOT-GAN.

    Raises ValueError for a norm that does not exist or for counts out of range.
    """
    if norm not in NORMS:
        raise ValueError(f"norm is {norm!r}: choose among {', '.join(NORMS)}")
    if start not in STARTS:
        raise ValueError(f"start is {start!r}: choose {', '.join(STARTS)}")
    if width < 1 or layers < 0 or in_channels < 1:
        raise ValueError(
            f"width is {width}, layers is {layers} and in_channels is {in_channels}: width and in_channels must be at "
            "least 1, layers at least 0"
        )
    channels = in_channels + extra_channels(see_image=see_image, see_mask=see_mask)
    trunk = PatchTrunk(channels, width=width, layers=layers, norm=norm, bias=bias, norm_bias=norm_bias, padding=padding)
    if plain_last:
        old = trunk.model[-1]
        assert isinstance(old, nn.Conv2d)
        trunk.model[-1] = nn.Conv2d(old.in_channels, 1, old.kernel_size, padding=old.padding)  # pyright: ignore
    initialize(trunk, start)  # before spectral norm, which starts its power iteration from the weights it finds
    if spectral:
        for layer in list(trunk.modules()):
            if isinstance(layer, nn.Conv2d) and not (plain_last and layer is trunk.model[-1]):
                spectral_norm(layer)
    return Patch(trunk, see_image=see_image, see_mask=see_mask, signed=signed)
