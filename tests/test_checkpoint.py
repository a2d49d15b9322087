"""Checkpoints come back whole, and nothing foreign, damaged or dangerous comes in."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from inpaint.checkpoint import load_checkpoint, load_state, save_checkpoint, save_state

RUN = {"steps": 3, "data": {"train": [{"path": "Bilder/äöü", "share": 0.1 + 0.2}]}, "clip": None}
PROVENANCE = {"step": 3, "psnr": 31.25}


def weights() -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    return {"a.weight": torch.rand(4, 3, 3, 3, generator=rng), "a.steps": torch.tensor(7)}


def test_weights_run_and_provenance_come_back(tmp_path: Path):
    save_checkpoint(tmp_path / "a.safetensors", weights(), run=RUN, provenance=PROVENANCE)
    loaded = load_checkpoint(tmp_path / "a.safetensors")
    assert (loaded.run, loaded.provenance) == (RUN, PROVENANCE)
    assert loaded.weights.keys() == weights().keys()
    for name, tensor in weights().items():
        assert torch.equal(loaded.weights[name], tensor)
        assert loaded.weights[name].dtype == tensor.dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_halves_the_file_and_comes_back_as_float32(tmp_path: Path, dtype: torch.dtype):
    large = {"weight": torch.rand(64, 64, 3, 3), "count": torch.tensor([2**40 + 1])}
    for name, stored in (("half", dtype), ("full", None)):
        save_checkpoint(tmp_path / name, large, run=RUN, provenance=PROVENANCE, dtype=stored)
    sizes = [os.path.getsize(tmp_path / name) for name in ("half", "full")]
    assert sizes[0] == pytest.approx(sizes[1] / 2, rel=0.02)
    loaded = load_checkpoint(tmp_path / "half").weights
    assert loaded["weight"].dtype == torch.float32
    assert torch.equal(loaded["weight"], large["weight"].to(dtype).float())
    assert torch.equal(loaded["count"], large["count"])  # whole numbers are never rounded


def test_eight_bits_are_a_quarter_and_come_back_within_half_a_step(tmp_path: Path):
    rows = torch.rand(64, 64, 3, 3) * torch.logspace(-6, 2, 64)[:, None, None, None] - 1e-7  # each row of its own size
    rows[5] = 0
    given = {"weight": rows, "bias": torch.rand(64), "count": torch.tensor([2**40 + 1])}
    for name, stored in (("eight", torch.int8), ("full", None)):
        save_checkpoint(tmp_path / name, given, run=RUN, provenance=PROVENANCE, dtype=stored)
    sizes = [os.path.getsize(tmp_path / name) for name in ("eight", "full")]
    assert sizes[0] == pytest.approx(sizes[1] / 4, rel=0.02)
    loaded = load_checkpoint(tmp_path / "eight").weights
    assert loaded.keys() == given.keys()
    step = rows.abs().amax((1, 2, 3)) / 127
    assert ((loaded["weight"] - rows).abs().amax((1, 2, 3)) <= 0.501 * step).all()
    assert torch.equal(loaded["bias"], given["bias"].half().float())
    assert torch.equal(loaded["count"], given["count"])


def test_shared_transposed_and_channels_last_weights_are_stored(tmp_path: Path):
    base = torch.rand(4, 4)
    given = {
        "one": base,
        "same": base,
        "row": base[1],
        "turned": base.T,
        "last": torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "learned": nn.Parameter(base.clone()),
    }
    save_checkpoint(tmp_path / "a", given, run=RUN, provenance=PROVENANCE)
    loaded = load_checkpoint(tmp_path / "a").weights
    assert all(torch.equal(loaded[name], tensor) for name, tensor in given.items())


def test_a_checkpoint_that_is_in_use_can_be_replaced(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"w": torch.zeros(1000)}, run=RUN, provenance=PROVENANCE)
    first = load_checkpoint(path).weights["w"]
    save_checkpoint(path, {"w": torch.ones(1000)}, run=RUN, provenance=PROVENANCE)
    assert not first.any()
    assert load_checkpoint(path).weights["w"].all()


def test_a_missing_checkpoint_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match=r"does not exist; it should be a checkpoint"):
        load_checkpoint(tmp_path / "a.safetensors")


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="says no format, not inpaint-1"):
        load_checkpoint(path)
    save_file({"w": torch.zeros(2)}, path, metadata={"format": "pt"})
    with pytest.raises(ValueError, match="says pt, not inpaint-1"):
        load_checkpoint(path)


@pytest.mark.parametrize("more", [{}, {"run": "{}"}, {"run": "{", "provenance": "{}"}])
def test_a_checkpoint_without_its_run_is_refused(tmp_path: Path, more: dict[str, str]):
    save_file({"w": torch.zeros(2)}, tmp_path / "a", metadata={"format": "inpaint-1", **more})
    with pytest.raises(ValueError, match="does not tell its run and provenance"):
        load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, kept: float):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, {"w": torch.rand(3000)}, run=RUN, provenance=PROVENANCE)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ValueError, match="is not a safetensors file") as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


def state() -> dict[str, Any]:
    network = nn.Conv2d(2, 2, 1)
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.ones(1, 2, 1, 1)).sum().backward()
    optimizer.step()
    return {"step": 3, "best": float("-inf"), "recipe": network.state_dict(), "optimizers": optimizer.state_dict()}


def test_a_training_state_comes_back(tmp_path: Path):
    given = state()
    save_state(tmp_path / "state.pt", given)
    loaded = load_state(tmp_path / "state.pt")
    assert (loaded["step"], loaded["best"]) == (3, float("-inf"))
    torch.testing.assert_close(loaded["recipe"], given["recipe"], rtol=0, atol=0)
    torch.testing.assert_close(loaded["optimizers"]["state"], given["optimizers"]["state"], rtol=0, atol=0)
    assert loaded["optimizers"]["param_groups"] == given["optimizers"]["param_groups"]


class Malicious:
    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("wrapped", [True, False])
def test_code_in_a_training_state_is_refused_and_never_runs(tmp_path: Path, wrapped: bool):
    path, target = tmp_path / "state.pt", tmp_path / "made by the pickle"
    if wrapped:
        torch.save({"step": Malicious(target)}, path)
    else:
        path.write_bytes(pickle.dumps({"step": Malicious(target)}, protocol=2))
    with pytest.raises(ValueError, match="is not a training state that can be read safely") as error:
        load_state(path)
    assert "\n" not in str(error.value)
    assert not target.exists()


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_training_state_is_refused(tmp_path: Path, kept: float):
    path = tmp_path / "state.pt"
    save_state(path, state())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ValueError, match="is not a training state"):
        load_state(path)


def test_bytes_that_are_no_training_state_are_refused(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"steps: 3\n" * 20)
    torch.save([1, 2], tmp_path / "b")
    for name in "ab":
        with pytest.raises(ValueError, match="is not a training state"):
            load_state(tmp_path / name)


def test_a_missing_training_state_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match="there is nothing to resume"):
        load_state(tmp_path / "state.pt")
