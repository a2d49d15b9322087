"""The critic of patches that train_vivid.py learns against (Isola et al. 2017; normalised as Miyato et al. 2018)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Critic(nn.Module):
    """Judge patches: (B, 3, H, W) -> (B, 1, H / 4, W / 4), above 0 is real."""

    def __init__(self, width: int = 64):
        super().__init__()
        shapes = [(3, width, 3, 1), (width, width, 4, 2), (width, 2 * width, 3, 1), (2 * width, 2 * width, 4, 2)]
        shapes += [(2 * width, 4 * width, 3, 1), (4 * width, 4 * width, 3, 1)]
        layers: list[nn.Module] = []
        for narrow, wide, kernel, stride in shapes:
            layers += [spectral_norm(nn.Conv2d(narrow, wide, kernel, stride, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(4 * width, 1, 3, padding=1)))

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image - 0.5)
