"""Features of a ResNet-50 that segments scenes, whose last stages are dilated instead of halved: they see far.

Source: Suvorov et al., LaMa (2022), the high-receptive-field perceptual loss; the network is that of Zhou et al.,
Semantic Understanding of Scenes through the ADE20K Dataset (2018): three convolutions before the first stage, and the
third and fourth stage dilated by 2 and 4.  Its maps after every stage are the content taps.  Entries are named as in
the authors' file, encoder_epoch_20.pth.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from inpaint.features.vgg import IMAGENET_DEVIATION, IMAGENET_MEAN

SCENE_STAGES = ("layer1", "layer2", "layer3", "layer4")
STEM_WIDTH = 128  # of the authors' network, where the usual one has 64


class SceneResNet(ResNet):
    """The layers, (B, 3, H, W) normalised by ImageNet's statistics -> the maps of four stages."""

    def __init__(self):
        super().__init__(Bottleneck, [3, 4, 6, 3], replace_stride_with_dilation=[False, True, True])
        self.conv1 = nn.Conv2d(3, 64, 3, stride=2, padding=1, bias=False)
        self.conv2 = nn.Conv2d(64, 64, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(64, STEM_WIDTH, 3, padding=1, bias=False)
        self.bn2, self.bn3 = nn.BatchNorm2d(64), nn.BatchNorm2d(STEM_WIDTH)
        first = self.layer1[0]
        assert isinstance(first, Bottleneck)
        assert isinstance(first.downsample, nn.Sequential)
        first.conv1 = nn.Conv2d(STEM_WIDTH, 64, 1, bias=False)
        first.downsample[0] = nn.Conv2d(STEM_WIDTH, 256, 1, bias=False)
        self.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the maps after each stage, at 1/4 and three times at 1/8 of the size."""
        for convolution, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = norm(convolution(x)).relu()
        x = self.maxpool(x)
        answers = {}
        for stage in SCENE_STAGES:
            x = self.get_submodule(stage)(x)
            answers[stage] = x
        return answers


class SceneFeatures:
    """A frozen network that maps pictures to the maps of its stages; like VggFeatures it is no nn.Module on purpose.

    weights: the path of the authors' file, or "random" for tests.
    """

    content, style = SCENE_STAGES, ()

    def __init__(self, weights: str | Path):
        self.layers = SceneResNet()
        self.layers.load_state_dict(scene_weights(weights, self.layers))
        self.layers.eval().requires_grad_(False)
        self.layers.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.layers.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION).view(3, 1, 1), persistent=False)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return the maps of an image (B, 3, H, W) in [0, 1] by the name of their stage, (B, C, h, w)."""
        layers = self.layers.to(image.device)
        return layers((image - layers.get_buffer("mean")) / layers.get_buffer("deviation"))


def scene_weights(weights: str | Path, layers: nn.Module) -> dict[str, Tensor]:
    """Return the state dict of the layers from where weights says."""
    wanted = layers.state_dict()
    if weights == "random":
        rng = torch.Generator().manual_seed(0)
        return {
            key: torch.randn(old.shape, generator=rng) * (2 / old[0].numel()) ** 0.5 if old.dim() > 1 else old
            for key, old in wanted.items()
        }
    path = Path(weights)
    if not path.is_file():
        raise FileNotFoundError(f"there are no features weights at {path}: give the file of the ADE20K encoder")
    try:
        stored = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # a file that is no weights makes the readers fail in any way
        raise ValueError(f"{path} is not readable as weights: give a .pth or .safetensors state dict") from error
    missing = [key for key, like in wanted.items() if key not in stored or stored[key].shape != like.shape]
    if missing:
        raise ValueError(f"the features weights of {path} do not fit the ADE20K encoder: {missing[0]} is missing")
    return {key: stored[key] for key in wanted}


def build_scene(*, weights: str = "encoder_epoch_20.pth") -> SceneFeatures:
    """Build the ADE20K encoder; weights: the path of its file, as published for LaMa's training."""
    return SceneFeatures(weights)
