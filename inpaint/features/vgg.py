"""Features of a VGG network trained on ImageNet, as perceptual and style losses compare them.

Source: Simonyan and Zisserman, Very Deep Convolutional Networks (2014), in torchvision's layer order. The default taps
and the ImageNet normalisation are those of Liu et al. (2018); EdgeConnect takes VGG19, other taps and no normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import VGG16_Weights, VGG19_Weights

from inpaint.features.weight_files import downloaded, read_weight_file

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}  # in each of five stages, before its pool
CHANNELS = (64, 128, 256, 512, 512)
POOLS = ("pool1", "pool2", "pool3")
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)

Tap = str | int  # relu3_1, pool2, ... or the index in torchvision's `features`


class VggFeatures:
    """A frozen VGG that maps pictures to named feature maps.

    It is no nn.Module on purpose: held by a recipe, it stays out of its state dict, its averaging and its optimizers.
    It follows the pictures to their device.

    content, style: the taps that perceptual and style terms compare. weights: "torchvision" downloads the ImageNet
    weights, "random" is for tests, anything else is the path of a .pth or .safetensors file. side: to which pictures
    are resized first, as region-wise inpainting does (224); None leaves them as they are.
    """

    def __init__(
        self,
        network: str = "vgg16",
        *,
        weights: str | Path = "torchvision",
        content: Sequence[Tap] = POOLS,
        style: Sequence[Tap] = POOLS,
        normalise: bool = True,
        side: int | None = None,
    ):
        if network not in CONVOLUTIONS:
            raise ValueError(f"the features network is {network!r}: choose among {', '.join(CONVOLUTIONS)}")
        names = layer_names(network)
        self.content = tuple(tap_name(tap, names) for tap in content)
        self.style = tuple(tap_name(tap, names) for tap in style)
        taps = {*self.content, *self.style}
        if not taps:
            raise ValueError("the features network has no taps: name at least one layer in content or style")
        if side is not None and side < 1:
            raise ValueError(f"the side to which pictures are resized is {side}: it must be at least 1, or null")
        self.side = side
        self.taps = {names.index(tap): tap for tap in taps}
        self.layers = build_layers(network, count=max(self.taps) + 1)
        self.layers.load_state_dict(read_weights(weights, network, self.layers))
        self.layers.eval().requires_grad_(False)
        mean, deviation = (IMAGENET_MEAN, IMAGENET_DEVIATION) if normalise else ((0.0,) * 3, (1.0,) * 3)
        self.layers.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.layers.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1))

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return the feature maps of an image (B, 3, H, W) in [0, 1] by the name of their tap, (B, C, h, w)."""
        layers = self.layers.to(image.device)
        if self.side is not None:
            image = F.interpolate(image, (self.side, self.side), mode="bilinear", align_corners=False)
        x = (image - layers.get_buffer("mean")) / layers.get_buffer("deviation")
        answers = {}
        for index, layer in enumerate(layers):
            x = layer(x)
            if index in self.taps:
                answers[self.taps[index]] = x
        return answers


def layer_names(network: str) -> list[str]:
    """Return the names conv1_1, relu1_1, ..., pool5 in torchvision's order."""
    names = []
    for stage, convolutions in enumerate(CONVOLUTIONS[network], start=1):
        for number in range(1, convolutions + 1):
            names += [f"conv{stage}_{number}", f"relu{stage}_{number}"]
        names.append(f"pool{stage}")
    return names


def tap_name(tap: Tap, names: list[str]) -> str:
    """Return the name of a tap given by name or index."""
    if isinstance(tap, int) and 0 <= tap < len(names):
        return names[tap]
    if tap not in names:
        raise ValueError(
            f"{tap!r} is no layer: choose an index from 0 to {len(names) - 1}, or among {', '.join(names)}"
        )
    return str(tap)


def build_layers(network: str, *, count: int) -> nn.Sequential:
    """Build the first layers of a network; no ReLU is in place, so that any layer can be tapped."""
    layers, channels = [], 3
    for name in layer_names(network)[:count]:
        if name.startswith("conv"):
            wider = CHANNELS[int(name[4]) - 1]
            layers.append(nn.Conv2d(channels, wider, kernel_size=3, padding=1))
            channels = wider
        else:
            layers.append(nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(kernel_size=2))
    return nn.Sequential(*layers)


def read_weights(weights: str | Path, network: str, layers: nn.Sequential) -> dict[str, Tensor]:
    """Return the state dict of the layers from where weights says."""
    if weights == "random":
        return random_state(layers)
    if weights == "torchvision":
        chosen = {"vgg16": VGG16_Weights.IMAGENET1K_V1, "vgg19": VGG19_Weights.IMAGENET1K_V1}[network]
        return pick(downloaded(chosen), network, layers, source="torchvision")
    return pick(read_weight_file(Path(weights)), network, layers, source=str(weights))


def random_state(layers: nn.Sequential) -> dict[str, Tensor]:
    """Return the same random weights at every call, scaled so that activations keep their size."""
    rng = torch.Generator().manual_seed(0)
    state = layers.state_dict()
    return {
        key: torch.randn(old.shape, generator=rng) * (2 / old[0].numel()) ** 0.5 if old.dim() > 1 else old * 0
        for key, old in state.items()
    }


def pick(stored: dict[str, Tensor], network: str, layers: nn.Sequential, *, source: str) -> dict[str, Tensor]:
    """Return the tensors of the layers from a file in any known layout.

    Layouts: torchvision's whole network (features.5.weight), its features alone (5.weight), and the shift-tolerant
    VGG16 of stlpips_pytorch (net.slice2.6.weight), where a blur after each pool shifts the indices by one per stage.
    Its features are small (on photographs about 0.05 at pool1 and 0.02 at pool3 in the mean), and a Gram matrix is
    quadratic in them: published style weights are balanced for torchvision's network, not for this one.
    """
    names, picked = layer_names(network), {}
    advice = f"give a file of torchvision's {network}"
    for index, layer in enumerate(layers):
        if not isinstance(layer, nn.Conv2d) and (f"features.{index}.weight" in stored or f"{index}.weight" in stored):
            raise ValueError(f"the features weights of {source} hold a layer that {network} has not; {advice}")
    for key, wanted in layers.state_dict().items():
        index, kind = key.split(".")
        stage = int(names[int(index)][4])
        layouts = f"features.{key}", key, f"net.slice{stage}.{int(index) + stage - 1}.{kind}"
        found = [stored[name] for name in layouts if name in stored]
        if not found or found[0].shape != wanted.shape:
            raise ValueError(
                f"the features weights of {source} do not fit {network}: "
                f"{layouts[0]} of shape {tuple(wanted.shape)} is missing; {advice}"
            )
        picked[key] = found[0]
    return picked


def build_16(
    *,
    weights: str = "torchvision",
    content: Sequence[Tap] = POOLS,
    style: Sequence[Tap] = POOLS,
    normalise: bool = True,
    side: int | None = None,
) -> VggFeatures:
    """Build VGG16; content, style: the layers whose maps perceptual and style terms compare, by name or index.

    weights: "torchvision", or a file.  normalise: show pictures with ImageNet's mean and deviation, not in [0, 1].
    side: to which pictures are resized first.  Raises ValueError for layers that do not exist and for weights that do
    not fit.
    """
    return VggFeatures("vgg16", weights=weights, content=content, style=style, normalise=normalise, side=side)


def build_19(
    *,
    weights: str = "torchvision",
    content: Sequence[Tap] = POOLS,
    style: Sequence[Tap] = POOLS,
    normalise: bool = True,
    side: int | None = None,
) -> VggFeatures:
    """Build VGG19, with the options of VGG16."""
    return VggFeatures("vgg19", weights=weights, content=content, style=style, normalise=normalise, side=side)
