"""Print what one step of training is in authors' own code, as tests/recipes/test_published_steps.py holds it.

    python scripts/parity/one_step.py METHOD REPOSITORY

REPOSITORY is a folder with the authors' code, which you bring; nothing of it lies here.

| METHOD | repository | commit |
| --- | --- | --- |
| pconv | naoto0804/pytorch-inpainting-with-partial-conv | 8d64e7e |
| pix2pix | junyanz/pytorch-CycleGAN-and-pix2pix, or a copy of it such as lazyniv's | f13aab8 (of the copy) |
| edge_connect | knazeri/edge-connect | 3142579 |
| region_norm | geekyutao/RN | b0a9476 |
| aot_gan | researchmm/AOT-GAN-for-Inpainting | 2cd1afd |
| lama | advimman/lama | 786f593 |

The prediction is a hashed picture in the place of a generator's, so that a step is: the discriminator's loss, the terms
of the generator's loss, and the gradient that reaches the picture.  Everything is float64.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from published_step import (  # pyright: ignore[reportMissingImports]
    SIDE,
    damaged,
    filled_discriminator,
    picture_of,
    step_summary,
)

from inpaint.features.vgg import build_layers, random_state
from inpaint.features.vgg import layer_names as names_of

MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(3, 1, 1)


def vgg_of_hand(network: str) -> Any:
    """Return what stands for torchvision's pretrained network: the same weights that features of the tests have."""

    def make(**_: Any) -> SimpleNamespace:
        layers = build_layers(network, count=len(names_of(network)))
        layers.load_state_dict(random_state(layers))
        return SimpleNamespace(features=layers)

    return make


def take_over(theirs: nn.Module, name: str) -> None:
    """Fill the authors' discriminator as the tests fill ours, layer by layer."""
    ours = filled_discriminator(name).state_dict()
    wanted = [key for key in theirs.state_dict() if not key.startswith("features.")]  # EdgeConnect lists one twice
    kinds = ("weight_orig", "weight_u", "weight_v")
    renamed = {
        "parametrizations.weight.original": 0,
        "parametrizations.weight.0._u": 1,
        "parametrizations.weight.0._v": 2,
    }
    ordered: dict[str, list[Tensor]] = {}
    for key, value in ours.items():
        kind = next((kinds[at] for end, at in renamed.items() if key.endswith(end)), key.rsplit(".", 1)[1])
        ordered.setdefault(kind, []).append(value)
    theirs.double()
    state = theirs.state_dict()
    for key in wanted:
        state[key].copy_(ordered[key.rsplit(".", 1)[1]].pop(0))
    assert not any(ordered.values()), {kind: len(left) for kind, left in ordered.items()}


def pconv() -> dict[str, Any]:
    """One step of the U-Net of partial convolutions."""
    torchvision.models.vgg16 = vgg_of_hand("vgg16")
    net, loss, opt = (importlib.import_module(name) for name in ("net", "loss", "opt"))
    criterion = loss.InpaintingLoss(net.VGG16FeatureExtractor().double())
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    gt, output = (target - MEAN) / DEVIATION, (answer - MEAN) / DEVIATION
    losses = criterion(gt * (1 - mask), 1 - mask, output, gt)
    # Total variation has another region here, as the paper's, so a test of its own compares its gradient.
    weighted = {name: opt.LAMBDA_DICT[name] * value for name, value in losses.items() if name != "tv"}
    torch.stack(list(weighted.values())).sum().backward()
    return step_summary(weighted, answer)


def pix2pix() -> dict[str, Any]:
    """One step of pix2pix, whose discriminator sees the damaged picture first."""
    networks = importlib.import_module("models.networks")
    judge = networks.NLayerDiscriminator(6, 64, n_layers=3)
    take_over(judge, "pix2pix")
    judge.train()
    criterion = networks.GANLoss("vanilla").double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    seen, fake, real = (2 * it - 1 for it in (target * (1 - mask) + mask, answer, target))
    judged = judge(torch.cat([seen, fake], 1).detach()), judge(torch.cat([seen, real], 1))
    discriminator = (criterion(judged[0], False) + criterion(judged[1], True)) * 0.5
    gan = criterion(judge(torch.cat([seen, fake], 1)), True)
    l1 = 100 * F.l1_loss(fake, real)
    (gan + l1).backward()
    return step_summary({"discriminator": discriminator, "adversarial": gan, "l1": l1}, answer)


def edge_connect() -> dict[str, Any]:
    """One step of EdgeConnect's painter."""
    torchvision.models.vgg19 = vgg_of_hand("vgg19")
    networks, loss = (importlib.import_module(f"src.{name}") for name in ("networks", "loss"))
    judge = networks.Discriminator(in_channels=3)
    take_over(judge, "edge_connect")
    judge.train()
    adversarial = loss.AdversarialLoss().double()
    style, perceptual = loss.StyleLoss().double(), loss.PerceptualLoss().double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    real, fake = judge(target)[0], judge(answer.detach())[0]
    terms = {"discriminator": (adversarial(real, True, True) + adversarial(fake, False, True)) / 2}
    learned = {
        "adversarial": 0.1 * adversarial(judge(answer)[0], True, False),
        "l1": F.l1_loss(answer, target) / mask.mean(),
        "perceptual": 0.1 * perceptual(answer, target),
        "style": 250 * style(answer * mask, target * mask),
    }
    torch.stack(list(learned.values())).sum().backward()
    return step_summary(terms | learned, answer)


def region_norm() -> dict[str, Any]:
    """One step of region normalization."""
    networks, models = (importlib.import_module(name) for name in ("networks", "models"))
    judge = networks.D_Net(in_channels=3)
    take_over(judge, "region_norm")
    judge.train()
    adversarial = models.AdversarialLoss().double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    merged = answer * mask + target * (1 - mask)
    real, fake = judge(target)[0], judge(answer.detach())[0]
    terms = {"discriminator": (adversarial(real, True, True) + adversarial(fake, False, True)) / 2}
    learned = {
        "adversarial": 0.1 * adversarial(judge(answer)[0], True, False),
        "l1": F.l1_loss(target, merged) / mask.mean(),
    }
    torch.stack(list(learned.values())).sum().backward()
    return step_summary(terms | learned, answer)


def aot_gan() -> dict[str, Any]:
    """One step of AOT-GAN with the labels of its release."""
    torchvision.models.vgg19 = vgg_of_hand("vgg19")
    for kind in (torch.Tensor, nn.Module):  # its code asks for a graphics card
        setattr(kind, "cuda", lambda self, *_, **__: self)  # noqa: B010
    model, loss = (importlib.import_module(f"src.{name}") for name in ("model.aotgan", "loss.loss"))
    judge = model.Discriminator()
    take_over(judge, "aot_gan")
    judge.train()
    style, perceptual = loss.Style().double(), loss.Perceptual().double()
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    fake, real = answer * 2 - 1, target * 2 - 1
    discriminator, adversarial = loss.smgan()(judge, real * (1 - mask) + fake * mask, real, mask)
    learned = {
        "adversarial": 0.01 * adversarial,
        "l1": F.l1_loss(fake, real),
        "perceptual": 0.1 * perceptual(fake, real),
        "style": 250 * style(fake, real),
    }
    torch.stack(list(learned.values())).sum().backward()
    return step_summary({"discriminator": discriminator} | learned, answer)


def lama() -> dict[str, Any]:
    """One step of LaMa, without the features that see far."""
    for missing in ("kornia", "kornia.geometry", "kornia.geometry.transform", "pytorch_lightning"):
        sys.modules[missing] = MagicMock()  # of parts that are not used
    modules, adversarial, matching = (
        importlib.import_module(f"saicinpainting.training.{name}")
        for name in ("modules.pix2pixhd", "losses.adversarial", "losses.feature_matching")
    )
    judge = modules.NLayerDiscriminator(3, n_layers=4)
    take_over(judge, "lama")
    judge.train()
    game = adversarial.make_discrim_loss(
        "r1", weight=10, gp_coef=0.001, mask_as_fake_target=True, allow_scale_mask=True
    )
    target, mask = damaged()
    answer = picture_of(2).requires_grad_()
    target.requires_grad_()
    real, real_features = judge(target)
    discriminator, said = game.discriminator_loss(target, answer.detach(), real, judge(answer.detach())[0], mask)
    target.requires_grad_(False)
    fooled, features = judge(answer)
    learned = {
        "adversarial": game.generator_loss(target, answer, real, fooled)[0],
        "feature_matching": 100 * matching.feature_matching_loss(features, [it.detach() for it in real_features]),
        "valid_l1": matching.masked_l1_loss(answer, target, mask, 10, 0),
    }
    torch.stack(list(learned.values())).sum().backward()
    penalty = said["discr_real_gp"]
    return step_summary({"discriminator": discriminator - penalty, "penalty": penalty} | learned, answer)


METHODS = {it.__name__: it for it in (aot_gan, lama, pconv, pix2pix, edge_connect, region_norm)}


def main() -> None:
    """Print one method's numbers."""
    method, repository = sys.argv[1:]
    sys.path.insert(0, repository)
    print(f"{method}, pictures of {SIDE} px:")
    for name, value in METHODS[method]().items():
        print(f"    {name!r}: {value!r},")


if __name__ == "__main__":
    main()
