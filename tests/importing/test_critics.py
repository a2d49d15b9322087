"""Discriminators of other projects judge here as they did there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn

from inpaint.assemble.networks import critic_of
from inpaint.config import Judge
from inpaint.discriminators import patch
from inpaint.importing.critics import import_critic

CRITICS: dict[str, tuple[dict[str, Any], str]] = {  # options, and what the authors call layer N
    "pix2pix": ({"norm": "batch", "see_image": True}, "model.{}"),
    "cyclegan": ({"norm": "instance"}, "model.{}"),
    "edge_connect": ({"norm": "none", "spectral": True, "bias": False}, "conv{}.0"),
    "edges": ({"norm": "none", "spectral": True, "bias": False, "in_channels": 2}, "conv{}.0"),
    "aot_gan": ({"norm": "none", "spectral": True, "bias": False, "plain_last": True}, "conv.{}"),
    "lama": ({"layers": 4, "norm": "batch", "norm_bias": True, "padding": 2}, "discriminator.model{}.0"),
}


def theirs(network: nn.Module, name: str) -> dict[str, Tensor]:
    """Write a critic's entries as its authors do, with the older names of spectral norm."""
    state, places, found = network.state_dict(), [], {}
    for key, tensor in state.items():
        place, leaf = key.removeprefix("trunk.model.").split(".", 1)
        if place not in places:
            places.append(place)
        for old, new in (("weight_orig", "weight.original"), ("weight_u", "weight.0._u"), ("weight_v", "weight.0._v")):
            leaf = leaf.replace(f"parametrizations.{new}", old)
        found[f"{name.format(places.index(place))}.{leaf}"] = tensor.clone()
    return found


@pytest.mark.parametrize("name", CRITICS)
def test_an_imported_critic_judges_as_the_original(tmp_path: Path, name: str):
    options, layer = CRITICS[name]
    torch.manual_seed(0)
    original = patch.build(width=4, **options).eval()
    state = theirs(original, layer)
    if name == "edge_connect":
        state |= {f"features.0.{leaf}": state[f"conv0.0.{leaf}"] for leaf in ("weight_orig", "weight_u", "weight_v")}
    torch.save(state, tmp_path / "critic.pth")
    _, line, _ = import_critic(tmp_path / "critic.pth", tmp_path / "critic.safetensors")
    part = Judge.model_validate(yaml.safe_load(line.partition(": ")[2]))
    critic = critic_of(part).eval()
    candidate = torch.rand(2, options.get("in_channels", 3), 64, 64)
    seen = candidate, torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    assert torch.equal(critic(*seen).logits, original(*seen).logits)


def test_what_is_no_critic_is_refused(tmp_path: Path):
    torch.save({"conv.weight": torch.zeros(4, 3, 3, 3)}, tmp_path / "odd.pth")
    with pytest.raises(ValueError, match=r"odd\.pth holds no PatchGAN"):
        import_critic(tmp_path / "odd.pth", tmp_path / "critic.safetensors")
    state = theirs(patch.build(width=4), "model.{}")
    torch.save({name: it for name, it in state.items() if not name.endswith("running_var")}, tmp_path / "part.pth")
    with pytest.raises(ValueError, match=r"holds no whole PatchGAN: .*running_var is missing"):
        import_critic(tmp_path / "part.pth", tmp_path / "critic.safetensors")
    assert not (tmp_path / "critic.safetensors").exists()


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path):
    torch.save(theirs(patch.build(width=4), "model.{}"), tmp_path / "critic.pth")
    import_critic(tmp_path / "critic.pth", tmp_path / "critic.safetensors")
    part = Judge.model_validate({"name": "patch", "width": 8, "pretrained": str(tmp_path / "critic.safetensors")})
    with pytest.raises(ValueError, match="does not fit discriminator patch"):
        critic_of(part)
