"""float16 with scaled losses, and activations that are computed again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inpaint import device
from inpaint.assemble import trainer_of
from inpaint.config import parse_run
from inpaint.device import training_precision
from inpaint.generators import GENERATORS
from inpaint.training.precision import PATIENCE_STEPS, LossScale
from inpaint.training.recomputed import outermost_blocks, recompute_blocks
from inpaint.training.trainer import Trainer
from tests.runs import adversarial_tree, edges_tree, folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


def trainer(tree: dict[str, Any]) -> Trainer:
    return trainer_of(parse_run(tree, "test"))


def test_the_factor_follows_torchs_scaler():
    mine, parameter = LossScale(torch.device("cpu")), nn.Parameter(torch.ones(2))
    torchs = torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=PATIENCE_STEPS)  # pyright: ignore[reportPrivateImportUsage]
    optimizer = torch.optim.SGD([parameter], lr=0.0)
    for number in range(PATIENCE_STEPS + 5):
        loss = (parameter * (float("inf") if number in (1, 2) else 1.0)).sum()
        parameter.grad = None
        torchs.scale(loss).backward()
        torchs.step(optimizer)
        torchs.update()
        mine.update(torch.tensor(float(number in (1, 2))))
        assert mine.scale.item() == torchs.get_scale()


def test_gradients_are_those_of_the_loss_again():
    scale, network = LossScale(torch.device("cpu")), nn.Linear(3, 1)
    loss = network(torch.ones(1, 3)).sum()
    (loss * scale.scale).backward()
    scale.unscale(network.parameters())
    assert torch.equal(network.weight.grad, torch.ones(1, 3))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("tree", [tiny_tree, adversarial_tree])
def test_float16_learns_and_resumes_bit_for_bit(tree: Any, pictures: Path, tmp_path: Path):
    def run(name: str, steps: int) -> Trainer:
        made = trainer(tree(pictures, tmp_path / name, precision="float16", steps=steps))
        for scale in made.precision.scales.values():
            scale.scale.fill_(2.0**40)  # too much: the first steps are skipped, and the factor falls
        return made

    whole = run("whole", 6)
    whole.fit()
    run("parts", 3).fit()
    resumed = run("parts", 6)
    resumed.resume()
    resumed.fit()
    state, again = whole.recipe.state_dict(), resumed.recipe.state_dict()
    assert all(torch.equal(state[name], again[name]) for name in state)
    assert whole.precision.state() == resumed.precision.state()
    assert all(it["scale"] < 2.0**40 for it in whole.precision.state().values())
    assert whole.watch.skipped > 0


def test_a_card_without_bfloat16_learns_in_float16_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "has_bfloat16", lambda _: False)
    with pytest.warns(UserWarning, match="has no bfloat16: the run learns in float16"):
        assert training_precision("bfloat16", torch.device("cuda")) == "float16"
    with pytest.warns(UserWarning, match="float32 is faster here"):
        assert training_precision("bfloat16", torch.device("cpu")) == "bfloat16"
    assert training_precision("float32", torch.device("cuda")) == "float32"


def test_edges_in_float16_is_a_sentence(pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="the recipe edges hands gradients"):
        trainer(edges_tree(pictures, tmp_path, precision="float16"))


@pytest.mark.parametrize("name", ["residual_unet", "cells", "aot_gan"])
def test_recomputing_moves_no_gradient_and_keeps_less(name: str):
    kept: list[int] = []

    def learned(recompute: bool) -> list[torch.Tensor]:
        torch.manual_seed(0)
        small = {"residual_unet": {"widths": [4, 8]}, "cells": {"width": 8, "deep": 8}, "aot_gan": {"width": 4}}
        network = GENERATORS[name](**small.get(name, {"width": 8}))
        count = recompute_blocks(network) if recompute else len([*outermost_blocks(network)])
        assert count > 2
        held: set[int] = set()

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.data_ptr() not in held:
                held.add(tensor.data_ptr())
                kept[-1] += tensor.numel()
            return tensor

        kept.append(0)
        image, mask = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)), torch.zeros(2, 1, 64, 64)
        mask[..., 16:32, 16:32] = 1
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda it: it):
            answer = network(image, mask).image
        answer.square().mean().backward()
        return [it.grad for it in network.parameters() if it.grad is not None]

    plain, again = learned(False), learned(True)
    assert len(plain) == len(again)
    assert all(torch.equal(one, other) for one, other in zip(plain, again, strict=True))
    assert kept[1] < 0.8 * kept[0]


def test_recompute_in_a_run_changes_nothing_that_is_learned(pictures: Path, tmp_path: Path):
    states = []
    for recompute in (False, True):
        made = trainer(tiny_tree(pictures, tmp_path / str(recompute), recompute=recompute))
        made.fit()
        states.append(made.recipe.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    with pytest.raises(ValueError, match="generator gated has no blocks"):
        trainer(tiny_tree(pictures, tmp_path, recompute=True, generator={"name": "gated", "width": 8}))
