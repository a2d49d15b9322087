"""Print one step of CycleGAN in the authors' own code, as tests/recipes/test_cycle_step.py holds it.

    python scripts/parity/cycle_step.py REPOSITORY

REPOSITORY is a folder with junyanz/pytorch-CycleGAN-and-pix2pix, or a copy of it such as lazyniv's (f13aab8), which you
bring; nothing of it lies here.  The generators are single convolutions; everything is float64.
"""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from cycle_networks import WAYS, batch_of_two, slope_sizes, way  # pyright: ignore[reportMissingImports]
from one_step import take_over  # pyright: ignore[reportMissingImports]


def step_of_theirs() -> dict[str, float]:
    """Return the losses and the gradients' sizes of the authors' step, without the optimizers'."""
    networks = importlib.import_module("models.networks")
    model: Any = object.__new__(importlib.import_module("models.cycle_gan_model").CycleGANModel)
    model.opt = SimpleNamespace(lambda_identity=0.5, lambda_A=10.0, lambda_B=10.0)
    model.netG_A, model.netG_B = map(way, WAYS)
    norm = functools.partial(nn.InstanceNorm2d, affine=False, track_running_stats=False)
    model.netD_A, model.netD_B = (networks.NLayerDiscriminator(3, 64, n_layers=3, norm_layer=norm) for _ in "AB")
    for judge in (model.netD_A, model.netD_B):
        take_over(judge, "cyclegan")
    model.criterionGAN = networks.GANLoss("lsgan").double()
    model.criterionCycle = model.criterionIdt = nn.L1Loss()
    model.fake_A_pool = model.fake_B_pool = SimpleNamespace(query=lambda fakes: fakes.detach())
    damaged, _, clean = batch_of_two()
    model.real_A, model.real_B = 2 * damaged - 1, 2 * clean.roll(1, dims=0) - 1
    model.forward()
    model.backward_G()
    said = slope_sizes([model.netG_A, model.netG_B])
    for judge in (model.netD_A, model.netD_B):
        judge.zero_grad()
    model.backward_D_A()
    model.backward_D_B()
    terms = {
        "adversarial_target": model.loss_G_A,
        "adversarial_image": model.loss_G_B,
        "cycle_image": model.loss_cycle_A,
        "cycle_target": model.loss_cycle_B,
        "identity_target": model.loss_idt_A,
        "identity_image": model.loss_idt_B,
        "target": model.loss_D_A,
        "image": model.loss_D_B,
    }
    judged = slope_sizes([model.netD_A, model.netD_B])
    return {name: it.item() for name, it in terms.items()} | said | {f"judge_{name}": it for name, it in judged.items()}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    torch.manual_seed(0)
    for name, value in step_of_theirs().items():
        print(f"    {name!r}: {value!r},")
