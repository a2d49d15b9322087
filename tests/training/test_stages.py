"""Runs in stages: each takes up what learned in the one before, wherever the run was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaint.assemble import trainer_of
from inpaint.assemble.stages import stages_of, trainers_of
from inpaint.checkpoint import load_state
from inpaint.cli.train_command import dry_run_lines
from inpaint.config import parse_run
from inpaint.sample import Sample
from inpaint.training.trainer import Trainer
from tests.runs import folder_of_pictures, tiny_tree

JUDGE = {"name": "patch", "width": 4, "layers": 1, "norm": "batch"}
ADAM = {"name": "adamw", "lr": 1e-3, "warmup": 2}
TEXTURE = {
    "discriminators": {"judge": JUDGE},
    "recipe": {"name": "adversarial", "weights": {"hole_l1": 1.0}},
    "optim": {"generator": ADAM, "judge": ADAM},
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


def staged(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """Fidelity for four steps, then texture for four; both warm up."""
    stages = [{"name": "fidelity", "until": 4}, {"name": "texture", "until": 8, "set": TEXTURE}]
    return tiny_tree(pictures, output, steps=8, stages=stages, optim={"generator": ADAM}, **more)


def trained(tree: dict[str, Any], *, resume: bool = False) -> list[Trainer]:
    done = []
    for trainer in trainers_of(parse_run(tree, "test"), resume=resume):
        trainer.fit()
        done.append(trainer)
    return done


def stopped(tree: dict[str, Any], before: int, *, resume: bool = False) -> None:
    """Press Ctrl-C while the batch of a step is awaited."""
    for trainer in trainers_of(parse_run(tree, "test"), resume=resume):
        batches = trainer.batches

        def until(start: int, stop: int, batches: Any = batches) -> Iterator[Sample]:
            for number, sample in enumerate(batches(start, stop), start):
                if number == before:
                    raise KeyboardInterrupt
                yield sample

        trainer.batches = until
        if trainer.steps > before:
            with pytest.raises(KeyboardInterrupt):
                trainer.fit()
            return
        trainer.fit()


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_state(folder / "state.pt")["recipe"]


def test_the_second_stage_begins_with_what_the_first_learned(pictures: Path, tmp_path: Path):
    runs = trainers_of(parse_run(staged(pictures, tmp_path), "test"), resume=False)
    first = next(runs)
    first.fit()
    learned = {name: it.clone() for name, it in first.recipe.generator.state_dict().items()}
    averaged = {name: it.clone() for name, it in first.average.network.state_dict().items()}
    moments = first.players["generator"].optimizer.state_dict()["state"][0]["exp_avg"].clone()
    second = next(runs)
    assert (second.step, second.steps, list(second.players)) == (4, 8, ["generator", "judge"])
    assert all(torch.equal(it, learned[name]) for name, it in second.recipe.generator.state_dict().items())
    assert all(torch.equal(it, averaged[name]) for name, it in second.average.network.state_dict().items())
    assert torch.equal(second.players["generator"].optimizer.state_dict()["state"][0]["exp_avg"], moments)
    assert not second.players["judge"].optimizer.state_dict()["state"]
    assert second.players["judge"].rate(4) == pytest.approx(5e-4), "rates begin anew with the stage"
    second.fit()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    (told,) = [line for line in lines if "stage" in line]
    assert (told["step"], told["stage"], told["new"]) == (4, "texture", ["discriminators.judge"])
    assert {line["step"] for line in lines if "losses" in line} == set(range(1, 9))
    assert [set(line["losses"]) for line in lines if "losses" in line][::7] == [
        {"hole_l1"},
        {"hole_l1", "adversarial", "judge"},
    ]


@pytest.mark.parametrize("before", [[2], [4], [6], [1, 5, 7]])
def test_a_run_that_is_stopped_in_any_stage_ends_as_one_that_is_not(before: list[int], pictures: Path, tmp_path: Path):
    trained(staged(pictures, tmp_path / "whole"))
    for number, step in enumerate(before):
        stopped(staged(pictures, tmp_path / "parts"), step, resume=number > 0)
    trained(staged(pictures, tmp_path / "parts"), resume=True)
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_folder_says_what_the_whole_run_is(pictures: Path, tmp_path: Path):
    trained(staged(pictures, tmp_path))
    text = (tmp_path / "run.yaml").read_text()
    assert "fidelity" in text
    assert "texture" in text
    trained(staged(pictures, tmp_path), resume=True)  # with nothing left to do


def test_options_of_the_network_may_change_between_stages(pictures: Path, tmp_path: Path):
    tree = staged(pictures, tmp_path)
    tree["generator"] = {"name": "pconv", "levels": 3, "width": 4}
    tree["stages"][1]["set"] = {"generator.freeze_encoder_norm": True, "optim.generator.lr": 5e-5}
    first, second = trained(tree)
    assert second.players["generator"].rate(7) == 5e-5
    buffers = {name for name, _ in first.recipe.generator.named_buffers() if "running" in name}
    before, after = (it.recipe.generator.state_dict() for it in (first, second))
    moved = {name for name in buffers if not torch.equal(before[name], after[name])}
    assert moved
    assert moved < buffers, "the encoder's statistics stay"


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ([{"name": "a", "until": 4}], r"stages end at the steps \[4\]: .* the last at steps 8"),
        ([{"name": "a", "until": 8}, {"name": "b", "until": 8}], "each must end after the one before"),
        ([{"name": "a", "until": 4}, {"name": "a", "until": 8}], "each needs a name of its own"),
        ([{"name": "a", "until": 8, "set": {"seed": 3}}], "stage a sets seed, which a run has as a whole"),
        ([{"name": "a", "until": 8, "set": {"clipp": 3}}], "stage a: clipp: there is no such key"),
        ([{"name": "a", "until": 8, "set": {"optim.generator.lr": "x"}}], "stage a: optim.generator.lr"),
    ],
)
def test_stages_that_cannot_be_are_a_sentence(stages: list[Any], words: str, pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=words):
        stages_of(parse_run(staged(pictures, tmp_path) | {"stages": stages}, "test"))


def test_a_later_stage_that_cannot_be_built_is_said_before_the_first(pictures: Path, tmp_path: Path):
    tree = staged(pictures, tmp_path)
    tree["stages"][1]["set"] = {"generator.name": "none_such"}
    with pytest.raises(ValueError, match="generator 'none_such' is unknown"):
        next(trainers_of(parse_run(tree, "test"), resume=False))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"optim.generatr.lr": 1.0}, "optim names .*generatr"),
        ({"best.metric": "beauty"}, "best.metric 'beauty' of mask is unknown"),
        ({"data.crop": 33}, "data.crop 33 does not divide by 2"),
        ({"data.train": "nowhere"}, "data.train: nowhere is not a folder"),
        ({"optim.generator.freeze": ["nothing.*"]}, r"no parameter is called nothing\.\*"),
        ({"patience": 3, "best.metric": "last"}, "patience is 3 validations .*: it needs data.validation"),
    ],
)
def test_a_wrong_value_of_a_later_stage_is_said_before_the_first(
    changed: dict[str, Any], words: str, pictures: Path, tmp_path: Path
):
    stages = [{"name": "one", "until": 4}, {"name": "two", "until": 8, "set": changed}]
    tree = tiny_tree(pictures, tmp_path / "run", steps=8, stages=stages)
    with pytest.raises(ValueError, match=words):
        next(trainers_of(parse_run(tree, "test"), resume=False))
    assert not (tmp_path / "run").exists()


def test_a_dry_run_of_a_later_stage_takes_its_own_rates_and_steps(pictures: Path, tmp_path: Path):
    stages = [{"name": "one", "until": 3}, {"name": "two", "until": 8}]
    run = parse_run(tiny_tree(pictures, tmp_path / "run", steps=8, stages=stages, accumulate=2), "test")
    last = stages_of(run)[-1]
    lines = dry_run_lines(trainer_of(last.run, last.start), last.run, [], last.start)
    assert any(line.startswith("5 steps: about ") for line in lines)
