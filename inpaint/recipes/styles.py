"""Learning that other codes are other styles: an extractor reads the code of a patch, real or restored.

Source: Cai and Wei, Diversity-Generated Image Inpainting with Style Extraction (2019), and the authors' code, published
as PiiGAN, over the critics and the order of DeepFill v1.  With the code of what was in the hole the generator should
answer just that; with noise it answers something, of which the extractor should read the noise.

Differs, as three faults of that code are mended: the extractor learns (it is in no optimizer there); its code is the
mean plus the deviation times noise (the mean is added twice there, and the noise is squared); and the noise is to be
read where the hole is, not in all of the window.  As published the divergence is a sum over code and batch, not a mean.
Errors are in [0, 1] here and in [-1, 1] there: weights of pictures' errors are twice theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Turn
from inpaint.discriminators.shown import LEAKY_SLOPE
from inpaint.generators.dsi import DSI
from inpaint.layers.hole_window import cropped, laid_back
from inpaint.layers.padding import PaddedConv, start_like_tensorflow
from inpaint.losses import Weight, check_weights, weight_at, weighted
from inpaint.losses.objectives import judgements
from inpaint.losses.perceptual import full_precision, mean_l1
from inpaint.losses.pixels import mean_within
from inpaint.losses.scene import Scene
from inpaint.recipes.frozen import frozen
from inpaint.recipes.wgan_gp import WganGp
from inpaint.sample import Sample

EXTRACTOR_TIMES = (1, 2, 4, 4)  # widths of its layers, in widths of the first


class StyleExtractor(nn.Module):
    """Reads a code of side x side values from a patch of that side; 36,230,528 parameters for 64 and a width of 64."""

    def __init__(self, width: int, side: int):
        super().__init__()
        widths = [3, *(width * times for times in EXTRACTOR_TIMES)]
        self.convolutions = nn.ModuleList(
            PaddedConv(narrow, wide, kernel=5, stride=2) for narrow, wide in pairwise(widths)
        )
        values = widths[-1] * (side // 16) ** 2
        self.mean = nn.Linear(values, side**2)
        self.log_variance = nn.Linear(values, side**2)
        for layer in (self.mean, self.log_variance):
            start_like_tensorflow(layer)

    def forward(self, patch: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, (B, 1, side, side) each.  patch: (B, 3, side, side) in [0, 1]."""
        x = 2 * patch - 1
        for convolution in self.convolutions:
            x = F.leaky_relu(convolution(x), LEAKY_SLOPE)
        shape = (1, patch.shape[-2], patch.shape[-1])
        return self.mean(x.flatten(1)).unflatten(1, shape), self.log_variance(x.flatten(1)).unflatten(1, shape)


class Styles(WganGp):
    """The critics learn at every step, the generator and the extractor together at some."""

    generator: DSI

    def __init__(
        self,
        generator: DSI,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        style_weights: Mapping[str, Weight],
        window: int = 64,
        extractor: int = 64,
        patch: float = 2.88,
        divergence: float = 0.1,
        reading: float = 1.44,
        weight: float = 0.001,
        penalty: float = 10.0,
        critic_steps: int = 5,
    ):
        """Take the networks that learn and how much each term counts.

        weights: of what is answered with noise; style_weights: with the code of the original.  window: side of the
        patch whose code is read, px.  extractor: its width.  patch: of the error of both stages in that window.
        divergence: of codes from the normal distribution.  reading: of the noise that is read.
        """
        given = {"weight": weight, "penalty": penalty, "critic_steps": critic_steps}
        super().__init__(generator, discriminators, weights=weights, **given)
        if not isinstance(generator, DSI):
            raise ValueError(f"the recipe styles cannot teach a {type(generator).__name__}: choose dsi")
        if window < 16 or window % 16:
            raise ValueError(f"window is {window}: it must be 16, 32, 48, ..., as the extractor halves it four times")
        check_weights(style_weights, features=None)
        self.extractor = StyleExtractor(extractor, window)
        self.style_weights = dict(style_weights)
        self.window, self.patch, self.divergence, self.reading = window, patch, divergence, reading

    @property
    def players(self) -> dict[str, nn.Module]:
        """The generator and the extractor share an optimizer."""
        return {"generator": nn.ModuleList([self.generator, self.extractor]), **self.discriminators}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the critics' turns, and at every critic_steps-th step the generator's."""
        generating = (step + 1) % self.critic_steps == 0
        noise = torch.randn_like(sample.mask)
        with torch.set_grad_enabled(generating):
            scene = Scene(self.generator(sample.image, sample.mask, noise=noise), sample)
        for name, critic in self.discriminators.items():
            yield Turn(name, self.judging(name, critic, scene))
        if not generating:
            return
        terms = weighted(self.weights, scene, step)
        for name, critic in self.discriminators.items():
            with frozen(critic):
                said = judgements(critic(scene.composite, sample.image, sample.mask).logits)  # (B, K)
            suffix = "" if len(self.discriminators) == 1 else f"_{name}"
            terms[f"adversarial{suffix}"] = -weight_at(self.weight, step) * said.sum(dim=1).mean()
        yield Turn("generator", terms | self.read(scene, noise) | self.styled(sample, step))

    def read(self, scene: Scene, noise: Tensor) -> dict[str, Tensor]:
        """Return how far the code that is read of the restored patch is from the noise that it was made with."""
        mask = scene.sample.mask
        mean, _ = self.extractor(cropped(scene.composite, mask, self.window))
        wanted, hole = (cropped(it, mask, self.window) for it in (noise, mask))
        return {"reading": self.reading * mean_within((full_precision(mean) - wanted).abs(), hole)}

    def styled(self, sample: Sample, step: int) -> dict[str, Tensor]:
        """Return what is learned from the original's own code."""
        image, mask, target, _ = sample
        mean, log_variance = map(full_precision, self.extractor(cropped(target, mask, self.window)))
        code = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        scene = Scene(self.generator(image, mask, noise=laid_back(code, mask)), sample)
        terms = {f"style_{name}": term for name, term in weighted(self.style_weights, scene, step).items()}
        patch = cropped(target, mask, self.window)
        missed = [mean_l1(cropped(it, mask, self.window), patch) for it in (scene.prediction.image, scene.coarse)]
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        return terms | {"style_patch": self.patch * sum(missed), "divergence": self.divergence * divergence}
