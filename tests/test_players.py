"""Optimizers: which parameters decay, learn slower or not at all, and how rates change."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaint.assemble import trainer_of
from inpaint.checkpoint import load_state
from inpaint.config import Optim, parse_run
from inpaint.training.trainer import Trainer
from inpaint.training.trial import try_out
from tests.runs import adversarial_tree, edges_tree, folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


def trainer(tree: dict[str, Any]) -> Trainer:
    return trainer_of(parse_run(tree, "test"))


def optim(**given: Any) -> Optim:
    return Optim.model_validate({"lr": 1.0, **given})


def rates(steps: int = 10, **given: Any) -> list[float]:
    return [optim(**given).rate(step, steps) for step in range(steps + 1)]


def test_a_floor_is_where_cosine_and_linear_end():
    for schedule in ("cosine", "linear"):
        falling = rates(schedule=schedule, floor=0.1)
        assert falling[0] == 1.0
        assert falling[-1] == pytest.approx(0.1)
        assert falling[5] == pytest.approx(0.55)
        assert sorted(falling, reverse=True) == falling


def test_cosine_restarts_in_cycles():
    two = rates(20, schedule="cosine", cycles=2)
    assert two[0] == two[10] == 1.0
    assert two[5] == pytest.approx(0.5)
    assert two[9] < 0.05
    assert two[20] == pytest.approx(0.0)


def test_one_cycle_is_torchs():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=101)
    mine, torchs = rates(100, schedule="one_cycle"), []
    for _ in range(100):
        torchs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert max(abs(a - b) for a, b in zip(mine, torchs, strict=False)) < 0.06  # torch rises for a step less
    assert mine[0] == pytest.approx(torchs[0])
    assert max(mine) == 1.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cycles": 2}, "the schedule is constant: cycles belong to cosine"),
        ({"floor": 0.1, "schedule": "one_cycle"}, "a floor belongs to cosine, linear and plateau"),
        ({"schedule": "plateau", "gamma": 1.0}, "on a plateau it must be below 1"),
        ({"rates": {"a": 0.0}}, "each must be above 0; freeze what should not learn"),
    ],
)
def test_options_of_another_schedule_are_refused(given: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        optim(**given)


def test_biases_and_norms_do_not_decay_unless_that_is_wanted(pictures: Path, tmp_path: Path):
    for wanted in (False, True):
        given = {"lr": 1e-3, "weight_decay": 0.1, "decay_all": wanted}
        tree = adversarial_tree(pictures, tmp_path)
        learning = trainer(tree | {"optim": dict.fromkeys(tree["optim"], given)})
        for player in learning.players.values():
            for group in player.optimizer.param_groups:
                flat = [parameter.ndim <= 1 for parameter in group["params"]]
                assert group["weight_decay"] == (0.1 if wanted or not any(flat) else 0.0)
                assert wanted or all(flat) or not any(flat)


def test_what_is_frozen_stays_and_what_is_slowed_learns_slower(pictures: Path, tmp_path: Path):
    given = {"lr": 1e-2, "freeze": ["head*"], "rates": {"tail*": 0.01}}
    tree = tiny_tree(pictures, tmp_path, optim={"generator": given}, steps=2)
    learning = trainer(tree)
    before = {name: it.clone() for name, it in learning.recipe.generator.named_parameters()}
    assert {name.partition(".")[0] for name in before} >= {"head", "tail"}
    learning.fit()
    moved = {name: (it - before[name]).abs().max().item() for name, it in learning.recipe.generator.named_parameters()}
    assert all(value == 0 for name, value in moved.items() if name.startswith("head"))
    assert 0 < max(value for name, value in moved.items() if name.startswith("tail")) <= 2.1e-4
    assert max(moved.values()) > 5e-3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"freeze": ["heda.*"]}, r"optim\.generator: no parameter is called heda\.\*; they are head\.\*"),
        ({"rates": {"x": 2.0}}, "no parameter is called x"),
        ({"freeze": ["*"]}, r"freeze \['\*'\] leaves nothing that learns"),
    ],
)
def test_patterns_that_fit_nothing_or_everything_are_refused(
    given: dict[str, Any], words: str, pictures: Path, tmp_path: Path
):
    with pytest.raises(ValueError, match=words):
        trainer(tiny_tree(pictures, tmp_path, optim={"generator": {"lr": 1e-3, **given}}))


def plain_critic(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """Two players without a norm over the batch, and without a spectral norm, which moves on with every forward."""
    judge = {"name": "patch", "width": 4, "layers": 1, "norm": "none", "spectral": False}
    tree = {
        "discriminators": {"judge": judge},
        "recipe": {"name": "adversarial", "feature_matching": 1.0},
        "optim": {"generator": {"lr": 1e-3}, "judge": {"lr": 1e-3}},
    }
    return tiny_tree(pictures, output, **tree, **more)


@pytest.mark.parametrize("tree", [tiny_tree, plain_critic])
def test_two_batches_of_two_learn_as_one_of_four(tree: Any, pictures: Path, tmp_path: Path):
    for name, batch, parts in (("one", 4, 1), ("two", 2, 2)):
        given = tree(pictures, tmp_path / name, accumulate=parts, steps=4)
        given["recipe"] |= {"weights": {"hole_l1": 1.0, "l1": 0.5}}
        given["data"] |= {"batch": batch}
        trainer(given).fit()
    one, two = (load_state(tmp_path / name / "state.pt") for name in ("one", "two"))
    weights = [
        torch.cat([it.flatten() for it in state["recipe"].values() if it.is_floating_point() and it.ndim > 1])
        for state in (one, two)
    ]
    assert (weights[0] - weights[1]).norm() / weights[0].norm() < 1e-5


def test_accumulated_losses_are_means(pictures: Path, tmp_path: Path):
    sums = []
    for batch, parts in ((4, 1), (2, 2)):
        tree = tiny_tree(pictures, tmp_path / str(parts), accumulate=parts, steps=1)
        tree["data"] |= {"batch": batch}
        learning = trainer(tree)
        learning.fit()
        line = (tmp_path / str(parts) / "journal.jsonl").read_text().splitlines()[1]
        sums.append(float(line.partition('"hole_l1": ')[2].partition("}")[0]))
    assert sums[0] == pytest.approx(sums[1], rel=1e-5)
    assert math.isfinite(sums[0])


def test_compiled_networks_keep_their_names_and_learn_the_same(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With the backend that only traces, for a compiler takes a minute; tracing breaks nowhere."""
    plain = torch.nn.Module.compile

    def traced(self: torch.nn.Module) -> None:
        plain(self, backend="eager", fullgraph=True)

    monkeypatch.setattr(torch.nn.Module, "compile", traced)
    for wanted in (False, True):
        trainer(tiny_tree(pictures, tmp_path / str(wanted), compile=wanted, steps=3)).fit()
    one, two = (load_state(tmp_path / name / "state.pt")["recipe"] for name in ("False", "True"))
    assert one.keys() == two.keys()
    assert all(torch.allclose(one[name], two[name], atol=1e-6) for name in one)


def test_players_are_compiled_by_name_and_a_dry_run_counts_graph_breaks(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    plain = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: plain(self, backend="eager"))
    tree = tiny_tree(pictures, tmp_path, compile=["generator"])
    assert "compiled with 0 graph breaks" in try_out(learning := trainer(tree)).lines(learning, 2)
    broken = trainer(tree)
    torch._dynamo.reset()
    forward = broken.recipe.generator.forward

    def breaking(image: torch.Tensor, mask: torch.Tensor) -> Any:
        torch._dynamo.graph_break()
        return forward(image, mask)

    monkeypatch.setattr(broken.recipe.generator, "forward", breaking)
    broken.recipe.generator.compile()
    assert not any("compiled with 0 " in line for line in try_out(broken).lines(broken, 2))
    other = trainer(tiny_tree(pictures, tmp_path))
    assert not any("graph breaks" in line for line in try_out(other).lines(other, 2))
    with pytest.raises(ValueError, match="compile names painter, but the run's players are generator"):
        trainer(tiny_tree(pictures, tmp_path, compile=["painter"]))


def test_channels_lie_as_the_generator_is_faster_unless_the_run_says(pictures: Path, tmp_path: Path):
    for tree, wanted in ((tiny_tree, True), (edges_tree, False)):
        for given in (None, True, False):
            learning = trainer(tree(pictures, tmp_path, channels_last=given))
            weights = [it for it in learning.recipe.generator.parameters() if it.ndim == 4 and min(it.shape[1:]) > 1]
            lies = all(it.is_contiguous(memory_format=torch.channels_last) for it in weights)
            assert lies == (wanted if given is None else given)


def test_a_rate_falls_on_a_plateau_and_stays_fallen_after_resuming(pictures: Path, tmp_path: Path):
    every = {"log": 1, "samples": 100, "validate": 1, "save": 1}
    given = {"lr": 1e-3, "schedule": "plateau", "gamma": 0.5, "waits": 2, "floor": 0.3}

    def run(steps: int) -> Trainer:
        return trainer(tiny_tree(pictures, tmp_path, steps=steps, every=every, optim={"generator": given}))

    first = run(3)
    first.score = 1000.0  # dB: nothing will be better
    first.fit()
    resumed = run(8)
    resumed.resume()
    resumed.fit()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    rates = [line["rates"]["generator"] for line in lines if "rates" in line]
    assert rates == pytest.approx([1e-3, 1e-3, 5e-4, 5e-4, 3e-4, 3e-4, 3e-4, 3e-4])


def test_a_plateau_that_can_never_be_seen_is_refused(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, optim={"generator": {"lr": 1e-3, "schedule": "plateau"}})
    for change in ({"data": tree["data"] | {"validation": None}}, {"best": {"metric": "last"}}):
        with pytest.raises(ValueError, match="plateau, which waits for a better network"):
            trainer(tree | change)
