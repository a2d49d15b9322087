"""One loop for every recipe: what it learns, writes and takes up again."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaint.assemble import load_network, trainer_of
from inpaint.checkpoint import load_checkpoint, load_state, save_state
from inpaint.config import parse_run
from inpaint.images import read
from inpaint.sample import Sample
from inpaint.training.sheets import ROW_LABEL_HEIGHT
from inpaint.training.trainer import Trainer
from tests.runs import adversarial_tree, critics_tree, cycle_tree, edges_tree, folder_of_pictures, tiny_tree

Tree = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


def trainer(tree: dict[str, Any]) -> Trainer:
    return trainer_of(parse_run(tree, "test"))


def trained(tree: dict[str, Any]) -> Trainer:
    trainer_ = trainer(tree)
    trainer_.fit()
    return trainer_


def stopped_before(trainer_: Trainer, step: int) -> None:
    """Press Ctrl-C while the batch of this step is awaited."""
    batches = trainer_.batches

    def until(start: int, stop: int) -> Iterator[Any]:
        for number, sample in enumerate(batches(start, stop), start):
            if number == step:
                raise KeyboardInterrupt
            yield sample

    trainer_.batches = until
    with pytest.raises(KeyboardInterrupt):
        trainer_.fit()


def flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from flat(value, f"{path}/{key}")
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            yield from flat(value, f"{path}/{number}")
    else:
        yield path, tree


def assert_same_state(one: Path, other: Path) -> None:
    mine, theirs = (dict(flat(load_state(folder / "state.pt"))) for folder in (one, other))
    assert mine.keys() == theirs.keys()
    assert any("exp_avg_sq" in path for path in mine)
    for path, value in mine.items():
        if isinstance(value, Tensor):
            assert torch.equal(value, theirs[path]), path
        elif path != "/seconds" and not path.startswith("/run/"):
            assert value == theirs[path], path


def journal(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    measured = ("seconds", "images_per_second", "seconds_left", "waiting", "memory_gb")
    return [{key: value for key, value in line.items() if key not in measured} for line in lines]


def assert_same_weights(one: Path, other: Path) -> None:
    for name in ("last", "best"):
        mine, theirs = (load_checkpoint(folder / f"{name}.safetensors").weights for folder in (one, other))
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("tree", [tiny_tree, adversarial_tree, edges_tree, critics_tree, cycle_tree])
def test_resuming_equals_not_having_stopped(tree: Tree, workers: int, pictures: Path, tmp_path: Path):
    def run(name: str) -> dict[str, Any]:
        chosen = tree(pictures, tmp_path / name)
        return chosen | {"data": chosen["data"] | {"workers": workers}}

    trained(run("whole"))
    stopped_before(trainer(run("parts")), 3)
    resumed = trainer(run("parts"))
    resumed.resume()
    assert resumed.step == 3
    resumed.fit()
    assert_same_state(tmp_path / "whole", tmp_path / "parts")
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")
    assert journal(tmp_path / "whole") == journal(tmp_path / "parts")


def test_the_adversarial_run_has_what_makes_resuming_hard(pictures: Path, tmp_path: Path):
    recipe = trainer(adversarial_tree(pictures, tmp_path)).recipe
    text = str(recipe)
    assert "Dropout" in text
    assert "BatchNorm2d" in text
    assert "_SpectralNorm" in text


@pytest.mark.parametrize(("killed", "step"), [(True, 3), (False, 5)])
def test_a_crash_long_after_the_last_save_is_made_good(killed: bool, step: int, pictures: Path, tmp_path: Path):
    trained(tiny_tree(pictures, tmp_path / "whole"))
    crashing = trainer(tiny_tree(pictures, tmp_path / "crashed"))
    if killed:
        crashing.keeper.rescue = lambda error: None
    batches = crashing.batches

    def until(start: int, stop: int) -> Iterator[Any]:
        for number, sample in enumerate(batches(start, stop), start):
            if number == 5:
                raise OSError("the disk is gone")
            yield sample

    crashing.batches = until
    with pytest.raises(OSError, match="disk"):
        crashing.fit()
    assert journal(tmp_path / "crashed")[-1]["step"] == 5
    resumed = trainer(tiny_tree(pictures, tmp_path / "crashed"))
    resumed.resume()
    assert resumed.step == step
    resumed.fit()
    assert_same_state(tmp_path / "whole", tmp_path / "crashed")
    assert journal(tmp_path / "whole") == journal(tmp_path / "crashed")


def test_a_run_begun_again_does_not_repeat_itself_in_the_journal(pictures: Path, tmp_path: Path):
    trained(tiny_tree(pictures, tmp_path))
    once = journal(tmp_path)
    trained(tiny_tree(pictures, tmp_path))
    assert journal(tmp_path) == once


def test_ctrl_c_in_the_middle_of_a_step_waits_for_its_end(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trained(adversarial_tree(pictures, tmp_path / "whole"))
    stopping = trainer(adversarial_tree(pictures, tmp_path / "parts"))
    draw, turns = stopping.draw, []

    def press(iterator: Any) -> Any:
        turns.append(0)
        if len(turns) == 4 + 2:  # a step has three turns and the end; before the second judge's turn of step 1
            signal.raise_signal(signal.SIGINT)
        return draw(iterator)

    monkeypatch.setattr(stopping, "draw", press)
    with pytest.raises(KeyboardInterrupt):
        stopping.fit()
    assert stopping.step == 2
    resumed = trainer(adversarial_tree(pictures, tmp_path / "parts"))
    resumed.resume()
    resumed.fit()
    assert_same_state(tmp_path / "whole", tmp_path / "parts")


def test_a_loss_that_is_no_number_ends_the_run_with_advice(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, recipe={"name": "supervised", "weights": {"hole_l1": 1e39}})
    with pytest.raises(ValueError, match="the loss hole_l1 was no finite number in 5 steps in a row, from step 1 on"):
        trained(tree)


def test_weights_that_are_no_numbers_never_replace_good_ones(pictures: Path, tmp_path: Path):
    trainer_ = trained(tiny_tree(pictures, tmp_path))
    before = (tmp_path / "state.pt").read_bytes()
    with torch.no_grad():
        next(iter(trainer_.recipe.parameters())).fill_(math.nan)
    with pytest.raises(ValueError, match=r"are not finite at step 6.*resume from the last checkpoint"):
        trainer_.keeper.save()
    assert (tmp_path / "state.pt").read_bytes() == before


def test_the_journal_tells_losses_speed_rates_and_psnr(pictures: Path, tmp_path: Path):
    trained(tiny_tree(pictures, tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "losses" in line]
    assert [line["step"] for line in steps] == [1, 2, 3, 4, 5, 6]
    assert all(line["losses"].keys() == {"hole_l1"} and line["images_per_second"] > 0 for line in steps)
    assert [line["rates"]["generator"] for line in steps[:3]] == [0.5e-3, 1e-3, 1e-3]  # two steps of warm-up
    assert steps[-1]["rates"]["generator"] < 0.5e-3
    looks = [line for line in lines if "psnr" in line]
    assert [line["step"] for line in looks] == [0, 3, 6]  # what it began with too
    assert all(0 < line["psnr"] < 100 and 0 < line["psnr_before"] < 100 for line in looks)


def test_the_default_network_begins_at_its_first_guess_and_the_sheet_shows_it(pictures: Path, tmp_path: Path):
    trainer_ = trained(tiny_tree(pictures, tmp_path))
    sheets = sorted((tmp_path / "samples").iterdir())
    assert [sheet.name for sheet in sheets] == ["0000003.png", "0000006.png"]
    assert read(sheets[0]).size == (2 * (32 + ROW_LABEL_HEIGHT), 3 * 32)  # input | output | target of two samples
    sheet, sample, rows = (
        read(sheets[-1]).tensor(),
        trainer_.validation[0],
        slice(ROW_LABEL_HEIGHT, ROW_LABEL_HEIGHT + 32),
    )
    torch.testing.assert_close(sheet[:, rows, :32], sample.image[0], atol=1 / 510 + 1e-6, rtol=0)
    torch.testing.assert_close(sheet[:, rows, 64:], sample.target[0], atol=1 / 510 + 1e-6, rtol=0)


@pytest.mark.parametrize("name", ["best", "last"])
def test_what_training_leaves_can_be_loaded_and_restores(name: str, pictures: Path, tmp_path: Path):
    trainer_ = trained(tiny_tree(pictures, tmp_path))
    restore = load_network(tmp_path / f"{name}.safetensors", device="cpu")
    assert restore.shows == {"hole": "smooth", "mosaic": "bicubic"}
    image, mask, *_ = trainer_.validation[0]
    restored = restore(image[0], mask[0])
    assert torch.equal(restored.where(mask[0] < 0.5, image[0]), image[0])
    if name == "last":
        mine, theirs = trainer_.average.network.state_dict(), restore.generator.state_dict()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_the_last_of_everything_happens_at_the_last_step(pictures: Path, tmp_path: Path):
    rarely = {"log": 100, "samples": 100, "validate": 100, "save": 100}
    trained(tiny_tree(pictures, tmp_path, every=rarely, steps=2))
    assert [line["step"] for line in journal(tmp_path)] == [0, 2, 2]
    assert load_state(tmp_path / "state.pt")["step"] == 2
    assert (tmp_path / "samples" / "0000002.png").exists()


def test_best_keeps_the_highest_psnr(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scores = iter([20.0, 10.0, math.nan, 30.0, 25.0])
    every = {"log": 9, "samples": 9, "validate": 1, "save": 9}
    trainer_ = trainer(tiny_tree(pictures, tmp_path, every=every, steps=4))
    monkeypatch.setattr(trainer_, "validation", trainer_.validation[:1])
    shown: list[float] = []

    def score(name: str, image: Tensor, sample: Sample) -> float:
        shown.append(next(scores) if len(shown) % 2 == 0 else 10.0)
        return shown[-1]

    monkeypatch.setattr("inpaint.training.validating.validation_score", score)
    trainer_.fit()
    assert load_checkpoint(tmp_path / "best.safetensors").provenance["step"] == 3
    assert load_checkpoint(tmp_path / "best.safetensors").provenance["psnr"] == 30.0


def test_a_perfect_answer_counts_as_100_decibels(pictures: Path, tmp_path: Path):
    trainer_ = trainer(tiny_tree(pictures, tmp_path))
    grey, mask = torch.full((1, 3, 32, 32), 0.5), torch.ones(1, 1, 32, 32)
    trainer_.validation = [Sample(grey, mask, grey)]
    trainer_.validate()
    assert journal(tmp_path) == [{"step": 0, "psnr": 100.0, "psnr_before": 100.0}]


def test_bfloat16_keeps_weights_and_moments_in_float32(pictures: Path, tmp_path: Path):
    exact = trained(tiny_tree(pictures, tmp_path / "float32", steps=2))
    trainer_ = trained(tiny_tree(pictures, tmp_path / "bfloat16", precision="bfloat16", steps=2))
    tensors = [value for _, value in flat(trainer_.keeper.state()) if isinstance(value, Tensor)]
    assert {tensor.dtype for tensor in tensors} == {torch.float32}
    losses = [journal(tmp_path / name)[1]["losses"]["hole_l1"] for name in ("float32", "bfloat16")]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert exact.step == trainer_.step == 2


def test_training_lowers_the_loss(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, steps=60, every={"log": 10, "samples": 99, "validate": 60, "save": 99})
    tree["optim"] = {"generator": {"lr": 5e-3}}
    tree["data"] = tree["data"] | {"fill": {"name": "hole", "value": "black"}}
    tree["recipe"] = {"name": "supervised", "weights": {"l1_per_hole": 1.0}}
    trained(tree)
    lines = journal(tmp_path)
    assert lines[-1]["psnr"] > lines[-1]["psnr_before"] + 1


def test_a_state_of_other_networks_is_refused_in_a_sentence(pictures: Path, tmp_path: Path):
    trained(tiny_tree(pictures, tmp_path, steps=1))
    state = load_state(tmp_path / "state.pt")
    del state["run"]  # as older states are
    save_state(tmp_path / "state.pt", state)
    wider = {"name": "residual_unet", "widths": [6, 8], "blocks": 1, "middle": 1}
    with pytest.raises(ValueError, match=r"state\.pt does not fit the networks of this run: .*size mismatch"):
        trainer(tiny_tree(pictures, tmp_path, generator=wider)).resume()


def test_there_is_nothing_to_resume_without_a_state(pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"state\.pt does not exist, so there is nothing to resume"):
        trainer(tiny_tree(pictures, tmp_path)).resume()


def test_a_run_without_progress_ends_early_and_stays_ended(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("inpaint.training.validating.validation_score", lambda *told: 20.0)
    every = {"log": 1, "samples": 99, "validate": 2, "save": 99}
    trainer_ = trained(tiny_tree(pictures, tmp_path, steps=50, every=every, patience=3))
    assert trainer_.step == 6  # steps 2, 4 and 6 are no better than step 0
    assert load_state(tmp_path / "state.pt")["step"] == 6
    resumed = trainer(tiny_tree(pictures, tmp_path, steps=50, every=every, patience=3))
    resumed.resume()
    resumed.fit()
    assert resumed.step == 6
