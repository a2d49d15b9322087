"""Between two networks lies one whose weights are their means; others cannot be blended."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.assemble import load_network, trainer_of
from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.training.mixed_weights import mix_checkpoints
from tests.runs import folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    pictures = folder_of_pictures(folder / "pictures")
    wider = {"name": "residual_unet", "widths": [6, 8], "blocks": 1, "middle": 1}
    for name, more in (("one", {"seed": 1}), ("other", {"seed": 2}), ("wider", {"generator": wider})):
        trainer_of(parse_run(tiny_tree(pictures, folder / name, steps=1, **more), "test")).fit()
    return folder


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).weights


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_weights_are_in_between_and_restore(alpha: float, runs: Path, tmp_path: Path):
    one, other = runs / "one" / "last.safetensors", runs / "other" / "last.safetensors"
    mix_checkpoints(one, other, tmp_path / "mixed.safetensors", alpha=alpha)
    mixed, first, second = weights(tmp_path / "mixed.safetensors"), weights(one), weights(other)
    for name, tensor in mixed.items():
        torch.testing.assert_close(tensor, (1 - alpha) * first[name] + alpha * second[name])
    told = load_checkpoint(tmp_path / "mixed.safetensors").provenance["blended"]
    assert [it["share"] for it in told] == [1 - alpha, alpha]
    restore = load_network(tmp_path / "mixed.safetensors", device="cpu")
    assert restore(torch.rand(3, 16, 16), torch.ones(1, 16, 16)).shape == (3, 16, 16)


def test_other_networks_and_shares_are_refused(runs: Path, tmp_path: Path):
    one, wider = runs / "one" / "last.safetensors", runs / "wider" / "last.safetensors"
    with pytest.raises(ValueError, match="are not the same network"):
        mix_checkpoints(one, wider, tmp_path / "mixed.safetensors", alpha=0.5)
    with pytest.raises(ValueError, match=r"alpha is 1\.5: it must be from 0"):
        mix_checkpoints(one, one, tmp_path / "mixed.safetensors", alpha=1.5)
    assert not (tmp_path / "mixed.safetensors").exists()
