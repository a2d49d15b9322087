"""What can be learned of a run before it runs: where its time goes, which rates it bears, whether it learns at all."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaint.assemble import samples_of, trainer_of, validation_of
from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.training.profiling import profiled
from inpaint.training.rate_range import Tried, rate_range, suggested_rate
from inpaint.training.trainer import Trainer
from inpaint.training.validating import gain_of
from tests.runs import adversarial_tree, folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


def trainer(tree: dict[str, Any]) -> Trainer:
    return trainer_of(parse_run(tree, "test"))


def overfitting(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    tree = tiny_tree(pictures, output, **more)
    return tree | {
        "data": tree["data"] | {"overfit": 1, "validation": None, "fill": {"name": "hole", "value": "white"}}
    }


def test_a_profile_names_every_part_and_they_make_up_the_step(pictures: Path, tmp_path: Path):
    trace = tmp_path / "trace.json"
    shares = {
        it.name: it.processor for it in profiled(trainer(adversarial_tree(pictures, tmp_path)), steps=2, trace=trace)
    }
    players = ("generator", "near", "far")
    wanted = {"data", "average", "step", "loss l1"} | {
        f"{kind} {it}" for it in players for kind in ("forward", "backward")
    }
    assert wanted | {f"optimizer {it}" for it in players} == set(shares)
    parts = sum(value for name, value in shares.items() if name != "step")
    assert 0.5 * shares["step"] < parts <= shares["step"]
    assert json.loads(trace.read_text())["traceEvents"]
    assert not (tmp_path / "journal.jsonl").exists()


def test_a_slow_part_is_seen_as_slow(pictures: Path, tmp_path: Path):
    slow = trainer(tiny_tree(pictures, tmp_path))
    slow.recipe.generator.register_forward_hook(
        lambda *_: [torch.rand(400, 400) @ torch.rand(400, 400) for _ in range(40)] and None
    )
    shares = {it.name: it.processor for it in profiled(slow, steps=1, trace=tmp_path / "trace.json")}
    assert shares["forward generator"] > 0.5 * shares["step"]


def test_rates_rise_geometrically_until_the_loss_bursts(pictures: Path, tmp_path: Path):
    tried = rate_range(trainer(tiny_tree(pictures, tmp_path, clip=None)), low=1e-6, high=1e4, steps=60)
    ratios = [two.rate / one.rate for one, two in pairwise(tried)]
    assert ratios == pytest.approx([1e10 ** (1 / 59)] * len(ratios))
    assert tried[0].rate == 1e-6
    assert len(tried) < 60, "a rate of 10,000 must burst"
    assert 1e-6 < suggested_rate(tried) < 1.0
    assert not (tmp_path / "journal.jsonl").exists()


def test_players_keep_the_proportion_of_their_rates(pictures: Path, tmp_path: Path):
    tree = adversarial_tree(pictures, tmp_path)
    tree["optim"] = {**tree["optim"], "near": tree["optim"]["near"] | {"lr": 4e-3}}
    played = trainer(tree)
    tried = rate_range(played, low=1e-6, high=1e-5, steps=20)
    last = {name: player.optimizer.param_groups[0]["lr"] for name, player in played.players.items()}
    assert last == pytest.approx({"generator": tried[-1].rate, "near": 4 * tried[-1].rate, "far": tried[-1].rate})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"low": 1.0, "high": 0.1, "steps": 20}, "the first must be above 0 and below the second"),
        ({"low": 0.0, "high": 0.1, "steps": 20}, "must be above 0"),
        ({"low": 1e-6, "high": 0.1, "steps": 19}, "at least 20"),
    ],
)
def test_a_range_that_shows_nothing_is_refused(given: dict[str, Any], words: str, pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=words):
        rate_range(trainer(tiny_tree(pictures, tmp_path)), **given)


def test_no_rate_is_suggested_where_none_lets_the_loss_fall():
    begun = [Tried(10.0 ** (number - 20), 9.0) for number in range(10)]  # too noisy to count
    with pytest.raises(ValueError, match="rose from the first step on"):
        suggested_rate([*begun, Tried(1e-3, 1.0), Tried(1e-2, 2.0)])
    with pytest.raises(ValueError, match="rose from the first step on"):
        suggested_rate(begun)
    assert suggested_rate([*begun, Tried(1e-3, 2.0), Tried(1e-2, 1.0), Tried(1e-1, 3.0)]) == pytest.approx(1e-3)


def test_a_loss_that_is_low_by_chance_suggests_no_rate():
    noise = [0.04, -0.05, 0.03, -0.02, -0.06, 0.05]
    rates = [1e-7 * 1.3**number for number in range(60)]  # up to 0.53
    tried = [Tried(rate, 1 + noise[number % 6] + 50 * max(0.0, rate - 1e-2)) for number, rate in enumerate(rates)]
    lucky = tried[16]._replace(loss=0.93)
    assert suggested_rate([*tried[:16], lucky, *tried[17:]]) > 1e-4


def test_overfitting_shows_the_same_sample_again_and_validates_with_it(pictures: Path, tmp_path: Path):
    run = parse_run(overfitting(pictures, tmp_path), "test")
    samples, (validated,) = samples_of(run), validation_of(run)
    for position in (0, 1, 17):
        assert all(torch.equal(one, other[0]) for one, other in zip(samples[position][:3], validated[:3], strict=True))


def test_a_network_learns_one_sample_by_heart(pictures: Path, tmp_path: Path):
    every = {"log": 20, "validate": 40, "save": 40}
    tree = overfitting(pictures, tmp_path, steps=40, every=every, ema=0.5)
    tree["optim"]["generator"] |= {"lr": 0.02}
    trainer(tree).fit()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    first, *_, last = (line["psnr"] for line in lines if "psnr" in line)
    assert last > first + 5


def test_the_gain_is_that_of_the_same_samples_with_its_standard_error():
    assert gain_of([25.0, 27.0], [24.0, 24.0]) == (2.0, 1.0)
    assert gain_of([25.0, 27.0], [24.0]) is None
    assert gain_of([25.0], [24.0]) is None


def test_the_journal_says_what_was_gained_since_the_beginning_also_after_resuming(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, steps=3)).fit()
    resumed = trainer(tiny_tree(pictures, tmp_path, steps=6))
    resumed.resume()
    resumed.fit()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    validated = [line for line in lines if "psnr" in line]
    assert [line["step"] for line in validated] == [0, 3, 6]
    assert "gain" not in validated[0]
    for line in validated[1:]:
        assert line["gain"] == pytest.approx(line["psnr"] - validated[0]["psnr"], abs=2e-4)
        assert line["gain_error"] >= 0


def test_a_fine_tuned_network_is_kept_between_its_beginning_and_what_it_learned(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path / "first")).fit()
    began = load_checkpoint(tmp_path / "first" / "last.safetensors").weights
    tuned = {"pretrained": str(tmp_path / "first" / "last.safetensors"), "blend": 0.3}
    trainer(tiny_tree(pictures, tmp_path / "second", steps=3, **tuned)).fit()
    resumed = trainer(tiny_tree(pictures, tmp_path / "second", **tuned))
    resumed.resume()
    resumed.fit()
    kept = load_checkpoint(tmp_path / "second" / "last.safetensors").weights
    learned = resumed.average.network.state_dict()
    for name, weight in kept.items():
        assert torch.allclose(weight, torch.lerp(began[name], learned[name], 0.3), atol=1e-6)
    assert any(not torch.equal(weight, began[name]) for name, weight in kept.items())
    with pytest.raises(ValueError, match=r"blend is 0\.3, but nothing is pretrained"):
        trainer(tiny_tree(pictures, tmp_path, blend=0.3))
