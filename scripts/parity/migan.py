"""Print what MI-GAN's networks answer, and one step of its training, in the authors' own code.

    python scripts/parity/migan.py REPOSITORY

REPOSITORY is a folder with Picsart-AI-Research/MI-GAN (ca4df2e), which you bring; nothing of it lies here.
tests/generators/test_migan.py and tests/recipes/test_distilled.py hold the numbers.  Everything is float64, so the
authors' conversions to float32 are turned into ones to float64.
"""

from __future__ import annotations

import importlib
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import hole, image, summary  # pyright: ignore[reportMissingImports]
from migan_networks import LEARNING, RESTORING, filled_judge, filled_network  # pyright: ignore[reportMissingImports]
from published_step import damaged, picture_of, step_summary  # pyright: ignore[reportMissingImports]

SIDE = 64


class InDouble:
    """Stands for torch in the authors' module, so that what it casts to float32 stays float64."""

    float32 = torch.float64

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


def in_double(network: nn.Module) -> nn.Module:
    """Return the authors' network in float64, but for its smoothing filters, which they convert themselves."""
    for layer in network.double().modules():
        if getattr(layer, "resample_filter", None) is not None:
            layer.resample_filter = layer.resample_filter.float()  # pyright: ignore
    return network


def take(theirs: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """Give the authors' network the entries that are named."""
    kept = theirs.state_dict()
    for name, tensor in state.items():
        kept[name].copy_(tensor)
    return theirs.eval()


def restoring(module: Any) -> nn.Module:
    """Return the authors' network for restoring, filled as ours is."""
    ours, state = filled_network(RESTORING), {}
    for name, tensor in ours.state_dict().items():
        owner = ours.get_submodule(name.removesuffix(".weights.0")) if ".weights" in name else None
        renamed = name.removeprefix("trunk.").replace(".weights.0", ".weight")
        state[renamed] = tensor if owner is None else owner.weight()  # pyright: ignore
    return take(module.Generator(SIDE).double(), state)


def learning_options() -> dict[str, Any]:
    """Return the options of the authors' networks, as ours that learn are built."""
    return {
        "resolution": SIDE,
        "ch_base": LEARNING["width"] * SIDE,
        "ch_max": LEARNING["widest"],
        "depthwise": True,
        "reparametrize": True,
        "num_reparam_tensors": LEARNING["tensors"],
    }


def learning(module: Any) -> nn.Module:
    """Return the authors' network that learns, filled as ours is."""
    options, state = learning_options(), {}
    for name, tensor in filled_network(LEARNING).state_dict().items():
        name = re.sub(r"fromrgb\.weights\.0$", "fromrgb.weight", name.removeprefix("trunk."))
        state[re.sub(r"\.noise_", ".conv2.noise_", re.sub(r"\.weights\.(\d)$", r".w\1", name))] = tensor
    return take(in_double(module.Generator(module.Encoder(ic_n=4, **options), module.Synthesis(**options))), state)


def judge(module: Any) -> nn.Module:
    """Return the authors' discriminator, filled as ours is."""
    state = {}
    for name, tensor in filled_judge().state_dict().items():
        name = re.sub(r"\.weights\.(\d)$", r".w\1", re.sub("^fromrgb", f"b{SIDE}.fromrgb", name))
        name = re.sub(r"^blocks\.(\d)", lambda found: f"b{SIDE >> int(found[1])}", name)
        state[re.sub(r"^(conv\.|fc|out)", r"b4.\1", name)] = tensor
    return take(in_double(module.Discriminator(ic_n=4, **learning_options())), state)


def one_step(loss: Any, discriminator: nn.Module) -> dict[str, float]:
    """Return one step's losses, and the gradient that reaches the picture and what its scales add."""
    target, mask = damaged()
    answer, added, wanted = picture_of(2).requires_grad_(), picture_of(3).requires_grad_(), picture_of(4)
    said: dict[str, Tensor] = {}
    loss.misc.ddp_sync = lambda *_: nullcontext()  # of several processes
    loss.training_stats.report = lambda name, value: said.__setitem__(name, value)
    teacher = MagicMock(z_dim=1, c_dim=1)
    teacher.return_value = None, {"res_to_rgb": {16: 9 * wanted, 64: wanted}}
    game = loss.MIGANLoss(
        "cpu",
        lambda *_: (2 * answer - 1, {"res_to_rgb": {16: added, 64: added}}),
        discriminator,
        G_encoder=lambda _: (None, None),
    )
    game.image_level_kd_kwargs = {"use_image_level_kd": True, "start_resolution": 32, "weight": 2.0}
    game.use_image_level_kd, game.teacher1_G = True, teacher
    sample = (2 * target - 1, 1 - mask, (2 * target - 1) * (1 - mask))
    game.accumulate_gradients("Gmain", *sample[:3], sync=True, gain=1)
    terms = {"adversarial": said["Loss/G/loss"].mean() - 2 * said["Loss/G/kd_l1_image_level_loss"]}
    terms["distillation"] = 2 * said["Loss/G/kd_l1_image_level_loss"]
    game_summary = step_summary(terms, answer) | {"gradient_added": added.grad.abs().mean().item()}  # pyright: ignore
    answer.requires_grad_(False)
    game.accumulate_gradients("Dmain", *sample[:3], sync=True, gain=1)
    discriminator.requires_grad_(True).zero_grad()
    game.accumulate_gradients("Dreg", *sample[:3], sync=True, gain=16)
    slope = torch.cat([it.grad.flatten() for it in discriminator.parameters() if it.grad is not None])
    judged = {"discriminator": said["Loss/D/loss"].mean().item(), "penalty": 16 * said["Loss/D/reg"].mean().item()}
    return game_summary | judged | {"penalty_gradient": slope.abs().sum().item()}


def main() -> None:
    """Print checksums and a step."""
    sys.path.insert(0, sys.argv[1])
    for missing in ("pyspng", "lmdb", "easydict", "requests"):
        sys.modules.setdefault(missing, MagicMock())  # of parts that are not used
    restore, learn, loss = (
        importlib.import_module(f"lib.{name}")
        for name in ("model_zoo.migan_inference", "model_zoo.migan", "experiments.loss")
    )
    learn.torch = InDouble()  # pyright: ignore[reportAttributeAccessIssue]
    picture, mask = image(3, SIDE, SIDE, unit_range=True), hole(SIDE)
    given = torch.cat([0.5 - mask, (2 * picture - 1) * (1 - mask)], dim=1)
    with torch.no_grad():
        print("restoring", summary(restoring(restore)(given)))
        print("learning", summary(learning(learn)(given, noise_mode="const")))
        print("judge", judge(learn)(torch.cat([0.5 - mask, 2 * picture - 1], dim=1)).item())
    for name, value in one_step(loss, judge(learn)).items():
        print(f"    {name!r}: {value!r},")


if __name__ == "__main__":
    main()
