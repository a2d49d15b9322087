"""DCGAN, which draws pictures of 64 pixels from noise, and how it restores: by searching for the noise that fits.

Sources: the network, Radford et al., Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks (2015), in the shape and with the state-dict names (under `trunk`) of PyTorch's own example; the
search, Yeh et al., Semantic Image Inpainting with Deep Generative Models (2017): gradients on the noise alone, which is
kept within [-1, 1] as it was in learning, until the picture drawn from it fits the known pixels; an L1 in which a known
pixel counts by the share of hole among its 7 x 7 neighbours; Adam; 1500 steps; the hole taken from the picture found.

Differs: a generator has no discriminator, so the paper's second term, how real that picture looks (weight 0.003), is
left out; the hole is pasted without Poisson blending; the search starts from one fixed noise, so that the same picture
comes back the same; the rate of 0.03 is ours.  Larger pictures are searched tile by tile, each for itself, and tiles
without a hole not at all, so neighbouring tiles may meet in a seam and a tile without known pixels gets the picture of
the fixed noise.  PyTorch's example draws its noise from a normal distribution; this is the paper's uniform one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.randomness import rng_for
from inpaint.sample import Prediction, composite

DCGAN_SIDE = 64  # px
DCGAN_DEVIATION = 0.02  # of the weights at the start
NEIGHBOURS = 7  # px, the window that weighs known pixels


class Drawing(nn.Module):
    """The layers, from noise (B, latent) to pictures (B, 3, 64, 64) in [-1, 1].

    3,576,704 parameters for a width of 64 and a latent of 100.
    """

    def __init__(self, latent: int, width: int):
        super().__init__()
        widths = [8 * width, 4 * width, 2 * width, width]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4, bias=False)]
        for narrower, channels in zip([*widths[1:], 3], widths, strict=True):
            layers += [nn.BatchNorm2d(channels), nn.ReLU()]
            layers += [nn.ConvTranspose2d(channels, narrower, 4, stride=2, padding=1, bias=False)]
        self.main = nn.Sequential(*layers, nn.Tanh())
        self.apply(start_dcgan)

    def forward(self, noise: Tensor) -> Tensor:
        return self.main(noise[:, :, None, None])


def start_dcgan(module: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and scales of batch norms from N(1, 0.02); their shifts are 0 already."""
    if isinstance(module, nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0, DCGAN_DEVIATION)


class DcganGenerator(Generator):
    """The layers behind the contract of every generator, and `draw` for learning."""

    multiple = DCGAN_SIDE
    exportable: str | None = "it searches for every picture's latent vector by gradient descent"

    def __init__(self, *, width: int, latent: int, steps: int, rate: float, weighted: bool):
        super().__init__()
        self.trunk = Drawing(latent, width)
        self.latent, self.steps, self.rate, self.weighted = latent, steps, rate, weighted

    def noise(self, count: int, rng: torch.Generator) -> Tensor:
        """Return noise (count, latent), uniform in [-1, 1), on the CPU."""
        return 2 * torch.rand(count, self.latent, generator=rng) - 1

    def draw(self, noise: Tensor) -> Tensor:
        """Return the pictures (B, 3, 64, 64) in [0, 1] of noise (B, latent)."""
        return (self.trunk(noise) + 1) / 2

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        """Return the picture with its hole drawn; gradients reach the weights through the drawing, not the search."""
        tiles, holes = tiled(image), tiled(mask)  # (N, 3, 64, 64), (N, 1, 64, 64)
        searched = holes.flatten(1).any(dim=1)
        if not searched.any():
            return Prediction(image, {})
        with evaluating(self.trunk):
            found = self.draw(self.search(tiles[searched], holes[searched]))
        answer = tiles.clone()
        answer[searched] = found.to(tiles.dtype)
        return Prediction(composite(untiled(answer, image.shape), image, mask), {})

    def search(self, pictures: Tensor, holes: Tensor) -> Tensor:
        """Return the noise (N, latent) whose pictures fit the known pixels best, as far as `steps` steps get.

        pictures: (N, 3, 64, 64) in [0, 1].  holes: (N, 1, 64, 64).  In full precision whatever surrounds it; weights
        get no gradient.  Each picture's search is independent of the others.
        """
        weight = next(self.parameters())
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast(weight.device.type, enabled=False):
            known = pictures.detach().clone().to(weight.dtype)  # a clone, for autograd takes no inference tensors
            weights = context(holes.detach().clone().to(weight.dtype), weighted=self.weighted)
            noise = self.noise(1, rng_for("dcgan", "start")).to(weight).repeat(len(known), 1).requires_grad_()
            optimizer = torch.optim.Adam([noise], lr=self.rate)
            for _ in range(self.steps):
                optimizer.zero_grad()
                (weights * (self.draw(noise) - known).abs()).sum().backward(inputs=[noise])
                optimizer.step()
                noise.data.clamp_(-1, 1)
            return noise.detach()


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Within, batch norms use what they have learned and learn nothing; afterwards the mode is as before."""
    mode = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(mode)


def context(holes: Tensor, *, weighted: bool) -> Tensor:
    """Return what each known pixel counts, (N, 1, 64, 64): the share of hole around it, or 1; holes count nothing."""
    if not weighted:
        return 1 - holes
    return (1 - holes) * F.avg_pool2d(holes, NEIGHBOURS, 1, NEIGHBOURS // 2, count_include_pad=False)


def tiled(x: Tensor) -> Tensor:
    """Cut (B, C, H, W) into its tiles (N, C, 64, 64), row by row."""
    rows = x.unflatten(3, (-1, DCGAN_SIDE)).unflatten(2, (-1, DCGAN_SIDE))  # (B, C, h, 64, w, 64)
    return rows.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)


def untiled(tiles: Tensor, shape: torch.Size) -> Tensor:
    """Put tiles (N, C, 64, 64) together again to a batch of this shape."""
    batch, channels, height, width = shape
    grid = tiles.reshape(batch, height // DCGAN_SIDE, width // DCGAN_SIDE, channels, DCGAN_SIDE, DCGAN_SIDE)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(shape)


def build(
    *, width: int = 64, latent: int = 100, steps: int = 1500, rate: float = 0.03, weighted: bool = True
) -> Generator:
    """Build the generator of DCGAN for 64 pixels; latent: how many numbers the noise of a picture has.

    steps, rate: of the search that restores a picture.  weighted: whether known pixels count by their nearness to the
    hole.  Raises ValueError for a count below 1 or a rate that is not above 0.
    """
    if min(width, latent, steps) < 1 or rate <= 0:
        raise ValueError(
            f"width is {width}, latent {latent}, steps {steps} and rate {rate}: the first three are at least 1, "
            f"and the rate is above 0"
        )
    return DcganGenerator(width=width, latent=latent, steps=steps, rate=rate, weighted=weighted)
