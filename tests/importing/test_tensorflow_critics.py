"""Discriminators of TensorFlow checkpoints judge here as they did there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn

from inpaint.assemble.networks import critic_of
from inpaint.config import Judge
from inpaint.discriminators import DISCRIMINATORS
from inpaint.importing.critics import import_critic
from tests.importing.tensorflow_files import write_tensorflow


def normalised(layer: nn.Module, kernel: str, bias: str, left: str) -> dict[str, Tensor]:
    state = layer.state_dict()
    return {
        kernel: state["parametrizations.weight.original"],
        bias: state["bias"],
        left: state["parametrizations.weight.0._u"][None],
    }


def of_layers(judge: Any, start: str, kernel: str, bias: str, left: str) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    layers = judge.trunk.convolutions if hasattr(judge, "trunk") else judge.convolutions
    for number, layer in enumerate(layers, start=1):
        found |= normalised(layer, *(f"{start}{number}{leaf}" for leaf in (kernel, bias, left)))
    return found


def of_deepfill_v1(judge: Any) -> dict[str, Tensor]:
    found = {}
    for place, critic in (("local", judge.local), ("global", judge.whole)):
        for number, layer in enumerate(critic.convolutions, start=1):
            found[f"discriminator/discriminator_{place}/conv{number}/kernel"] = layer.weight
            found[f"discriminator/discriminator_{place}/conv{number}/bias"] = layer.bias
        found[f"discriminator/dout_{place}_fc/kernel"] = critic.judge.weight.T
        found[f"discriminator/dout_{place}_fc/bias"] = critic.judge.bias
    return {name: it.detach() for name, it in found.items()}


def of_pepsi(judge: Any) -> dict[str, Tensor]:
    found = of_layers(judge, "disc_red/l", "w", "b", "wu")
    weight, bias = judge.regions.weight.detach(), judge.regions.bias.detach()
    # written as (height, width, in, out): (16, 1, channels, 1) and (1, 4, 4, 1)
    found["disc_red/l7_w"] = weight.flatten(2).permute(0, 1, 2)[..., None]
    return found | {"disc_red/l7_b": bias.permute(1, 3, 0, 2)}


SN_PATCH = ("/kernel", "/bias", "/kernel_sn/u")
CRITICS_OF_TENSORFLOW: dict[str, tuple[str, dict[str, Any], bool, Callable[[Any], dict[str, Tensor]]]] = {
    "deepfill v2": ("sn_patch", {}, True, lambda it: of_layers(it, "discriminator/sn_patch_gan/conv", *SN_PATCH)),
    "region-wise": (
        "sn_patch",
        {"within": True},
        False,
        lambda it: of_layers(it, "discriminator/d_conv", "_w", "_bias", "u"),
    ),
    "deepfill v1": ("local_global", {"size": 64, "crop": 32}, True, of_deepfill_v1),
    "pepsi": ("red", {}, False, of_pepsi),
}


def made(name: str) -> tuple[nn.Module, dict[str, Tensor]]:
    kind, options, _, written = CRITICS_OF_TENSORFLOW[name]
    torch.manual_seed(0)
    judge = DISCRIMINATORS[kind](width=4, **options).eval()
    for parameter in judge.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    for layer in judge.modules():  # the right vectors as the left ones and the weights make them
        if "parametrizations.weight.0._v" in layer.state_dict():
            rows = layer.get_parameter("parametrizations.weight.original").flatten(1)
            left = layer.get_buffer("parametrizations.weight.0._u")
            layer.get_buffer("parametrizations.weight.0._v").copy_(nn.functional.normalize(left @ rows, dim=0))
    return judge, written(judge)


@pytest.mark.parametrize("name", CRITICS_OF_TENSORFLOW)
@torch.no_grad()
def test_a_discriminator_judges_as_the_original(tmp_path: Path, name: str):
    judge, state = made(name)
    generator = {"inpaint_net/conv1/kernel": torch.zeros(4, 5, 5, 5), "global_step": torch.zeros(())}
    write_tensorflow(tmp_path / "snap-0", state | generator)
    _, line, _ = import_critic(tmp_path / "snap-0", tmp_path / "critic.safetensors")
    critic = critic_of(Judge.model_validate(yaml.safe_load(line.partition(": ")[2]))).eval()
    target, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    mask[..., 16:48, 20:40] = 1
    shown = target.flip(1) if CRITICS_OF_TENSORFLOW[name][2] else target  # the file's expect BGR
    torch.testing.assert_close(critic(target, target, mask).logits, judge(shown, shown, mask).logits)


def test_one_that_lacks_a_variable_is_refused(tmp_path: Path):
    _, state = made("deepfill v2")
    del state["discriminator/sn_patch_gan/conv4/bias"]
    write_tensorflow(tmp_path / "snap-0", state)
    with pytest.raises(ValueError, match=r"no whole discriminator sn_patch: .*conv4/bias is missing"):
        import_critic(tmp_path / "snap-0", tmp_path / "critic.safetensors")
