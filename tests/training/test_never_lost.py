"""Whatever happens to a run, what it has learned is there: errors, damaged files, full disks, a second run."""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from inpaint.assemble import trainer_of
from inpaint.checkpoint import load_checkpoint, load_state
from inpaint.config import parse_run, read_run, run_to_tree
from inpaint.sample import Sample
from inpaint.training.states import States
from inpaint.training.trainer import Trainer
from tests.runs import adversarial_tree, cycle_tree, folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"), count=25)


def trainer(tree: dict[str, Any]) -> Trainer:
    return trainer_of(parse_run(tree, "test"))


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def learned(folder: Path) -> dict[str, Any]:
    state = load_state(folder / "state.pt")
    return {key: state[key] for key in ("step", "best", "recipe", "average", "optimizers", "sums")}


class Broken(Exception):
    pass


@pytest.mark.parametrize(
    "error", [OSError("the disk is gone"), RuntimeError("CUDA error"), Broken(), KeyboardInterrupt()]
)
def test_any_error_between_two_steps_saves_them(error: BaseException, pictures: Path, tmp_path: Path):
    failing = trainer(tiny_tree(pictures, tmp_path / "parts", every={"save": 100}))
    batches = failing.batches

    def until(start: int, stop: int) -> Iterator[Any]:
        for number, sample in enumerate(batches(start, stop), start):
            if number == 4:
                raise error
            yield sample

    failing.batches = until
    with pytest.raises(type(error)):
        failing.fit()
    assert failing.keeper.saved == 4
    resumed = trainer(tiny_tree(pictures, tmp_path / "parts", every={"save": 100}))
    resumed.resume()
    resumed.fit()
    trainer(tiny_tree(pictures, tmp_path / "whole", every={"save": 100})).fit()
    assert same(learned(tmp_path / "whole"), learned(tmp_path / "parts"))


@pytest.mark.parametrize("tree", [tiny_tree, adversarial_tree])
def test_an_error_within_a_step_saves_too_and_says_so(
    tree: Callable[..., dict[str, Any]], pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    failing = trainer(tree(pictures, tmp_path, every={"save": 100}))
    draw, turns = failing.draw, []

    def drawn(iterator: Any) -> Any:
        turns.append(0)
        if len(turns) == 6:
            raise RuntimeError("out of luck")
        return draw(iterator)

    monkeypatch.setattr(failing, "draw", drawn)
    with pytest.raises(RuntimeError, match="luck"):
        failing.fit()
    resumed = trainer(tree(pictures, tmp_path, every={"save": 100}))
    with pytest.warns(UserWarning, match=f"step {failing.step + 1} had been begun when an error ended the run"):
        resumed.resume()
    assert resumed.step == failing.step > 0
    resumed.fit()


@pytest.mark.parametrize("inside", [".", "below/it"])
def test_an_output_that_is_a_file_is_refused_in_a_sentence(inside: str, pictures: Path, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=r"output .* cannot be a folder: .*; choose another output"):
        trainer(tiny_tree(pictures, tmp_path / "file" / inside)).fit()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_is_beyond_its_end_says_so(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, steps=4)).fit()
    with pytest.raises(ValueError, match="is at step 4 already, beyond steps 3"):
        trainer(tiny_tree(pictures, tmp_path, steps=3)).resume()
    trainer(tiny_tree(pictures, tmp_path, steps=4)).resume()


def test_an_error_at_the_first_step_leaves_no_state_that_a_new_run_must_step_over(pictures: Path, tmp_path: Path):
    failing = trainer(tiny_tree(pictures, tmp_path))
    failing.batches = lambda start, stop: iter([])
    with pytest.raises(StopIteration):
        failing.fit()
    assert States(tmp_path).found() == []


def test_a_picture_that_is_spoiled_in_mid_run_is_replaced_counted_and_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    folder = folder_of_pictures(tmp_path / "pictures", count=6)
    tree = tiny_tree(folder, tmp_path / "run", steps=20, every={"log": 5, "save": 100, "validate": 100})
    learning = trainer(tree)
    data = (folder / "picture1.png").read_bytes()
    (folder / "picture1.png").write_bytes(data[: len(data) // 2])
    (folder / "picture4.png").unlink()
    learning.fit()
    skipped = [line for line in journal(tmp_path / "run") if "samples_skipped" in line]
    reasons = [reason for line in skipped for reason in line["reasons"]]
    assert skipped[-1]["samples_skipped"] == len(reasons) > 2
    assert any("picture1.png" in reason for reason in reasons)
    assert any("picture4.png" in reason for reason in reasons)
    assert "left out: " in capfd.readouterr().err
    assert learning.step == 20


def test_too_many_spoiled_pictures_end_the_run_with_its_state_saved(tmp_path: Path):
    folder = folder_of_pictures(tmp_path / "pictures", count=6)
    tree = tiny_tree(folder, tmp_path / "run", steps=100, every={"save": 1000})
    tree["data"] = tree["data"] | {"skip": 0.004}
    learning = trainer(tree)
    (folder / "picture2.png").write_bytes(b"gone")
    with pytest.raises(ValueError, match=r"6 samples could not be made since this start, more than data\.skip 0\.004"):
        learning.fit()
    assert load_state(tmp_path / "run" / "state.pt")["step"] == learning.step > 2


def test_a_folder_that_vanishes_ends_the_run_with_its_state_saved(tmp_path: Path):
    folder = folder_of_pictures(tmp_path / "pictures", count=3)
    learning = trainer(tiny_tree(folder, tmp_path / "run", steps=100, every={"save": 1000}))
    batches = learning.batches

    def until(start: int, stop: int) -> Iterator[Any]:
        for number, sample in enumerate(batches(start, stop), start):
            yield sample
            if number == 4:
                folder.rename(tmp_path / "elsewhere")

    learning.batches = until
    with pytest.raises(ValueError, match=r"picture\d\.png.*; nor could the 19 samples after this one be made"):
        learning.fit()
    assert load_state(tmp_path / "run" / "state.pt")["step"] == 5


def test_pictures_are_checked_before_the_first_step(tmp_path: Path):
    folder = folder_of_pictures(tmp_path / "pictures", count=40)
    folder_of_pictures(tmp_path / "small", count=1, side=20)
    (tmp_path / "small" / "picture0.png").rename(folder / "small.png")
    (folder / "text.jpg").write_text("no picture")
    tree = tiny_tree(folder, tmp_path / "run")
    with pytest.warns(UserWarning, match=r"left out of the training: .*small\.png is 20x20 px.*; .*text\.jpg is not"):
        samples = trainer_samples(tree | {"data": tree["data"] | {"validation": None}})
    assert len(samples) == 40
    tree["data"] = tree["data"] | {"skip": 0.0}
    with pytest.raises(ValueError, match=r"small\.png is 20x20.*; 2 of 42 pictures of the folder cannot be learned"):
        trainer(tree)


def trainer_samples(tree: dict[str, Any]) -> Any:
    from inpaint.assemble import samples_of

    return samples_of(parse_run(tree, "test")).sources[0]


@pytest.mark.parametrize("keep", [1, 2, 4])
def test_the_last_states_are_kept(keep: int, pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, keep=keep, every={"save": 1})).fit()
    steps = [load_state(path)["step"] for path in States(tmp_path).found()]
    assert steps == [6, 5, 4, 3][:keep]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".") and path.name != ".training"]


@pytest.mark.parametrize("place", [0.02, 0.2, 0.5, 0.8, 0.99])
def test_a_flipped_byte_falls_back_to_the_state_before(place: float, pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path / "run", every={"save": 3})).fit()
    path = tmp_path / "run" / "state.pt"
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 0x10
    path.write_bytes(data)
    resumed = trainer(tiny_tree(pictures, tmp_path / "run"))
    with pytest.warns(UserWarning, match=r"state\.pt is not a training state .*; going on from state-1\.pt, of step 3"):
        resumed.resume()
    assert resumed.step == 3
    assert (tmp_path / "run" / "state.damaged").read_bytes() == data


def test_no_flipped_byte_is_trained_on(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, steps=1)).fit()
    data = (tmp_path / "state.pt").read_bytes()
    spoiled = tmp_path / "spoiled.pt"
    for at in [0, 1, 7, *range(11, len(data), len(data) // 60), *range(len(data) - 90, len(data), 9)]:
        spoiled.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(ValueError, match="is not a training state"):
            load_state(spoiled)


@pytest.mark.parametrize("length", [0, 10, 5000])
def test_a_cut_state_falls_back_and_where_none_is_whole_that_is_said(length: int, pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, every={"save": 3})).fit()
    newest, before = tmp_path / "state.pt", tmp_path / "state-1.pt"
    newest.write_bytes(newest.read_bytes()[:length])
    with pytest.warns(UserWarning, match="going on from"):
        trainer(tiny_tree(pictures, tmp_path)).resume()
    before.write_bytes(b"")
    with pytest.raises(ValueError, match=r"state-1\.pt is not a training state"):
        trainer(tiny_tree(pictures, tmp_path)).resume()


def test_a_file_of_another_program_falls_back_to_the_state_before(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, every={"save": 3})).fit()
    torch.save({"state_dict": {"a": torch.zeros(3)}}, tmp_path / "state.pt")
    with pytest.warns(UserWarning, match=r"state\.pt is not a training state: it has no step; going on from"):
        trainer(tiny_tree(pictures, tmp_path)).resume()


def test_other_pictures_on_resuming_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = folder_of_pictures(tmp_path / "pictures", count=4)
    trainer(tiny_tree(folder, tmp_path / "run", steps=2)).fit()
    capsys.readouterr()
    (folder / "picture0.png").rename(folder / "other.png")
    trainer(tiny_tree(folder, tmp_path / "run", steps=3)).resume()
    assert "pictures of data.train.0: 4 until step 2, 4 of other names from now on" in capsys.readouterr().err
    (folder / "other.png").unlink()
    going = trainer(tiny_tree(folder, tmp_path / "run", steps=3))
    going.resume()
    assert "pictures of data.train.0: 4 until step 2, 3 from now on" in capsys.readouterr().err
    going.fit()
    told = next(line["resumed"] for line in journal(tmp_path / "run") if "resumed" in line)
    assert told["pictures of data.train.0"] == {"was": "4", "is": "3"}
    trainer(tiny_tree(folder, tmp_path / "run", steps=3)).resume()
    assert "pictures" not in capsys.readouterr().err


def test_a_kill_between_the_names_of_two_states_loses_none(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, every={"save": 3})).fit()
    (tmp_path / "state-1.pt").unlink()
    (tmp_path / "state.pt").rename(tmp_path / "state-1.pt")
    resumed = trainer(tiny_tree(pictures, tmp_path))
    resumed.resume()
    assert resumed.step == 6


def test_what_a_kill_left_half_written_is_cleared_away(pictures: Path, tmp_path: Path):
    left = [
        tmp_path / ".state-new-a1b2c3d4.pt",
        tmp_path / ".last-abcd_123.safetensors",
        tmp_path / ".run-12345678.yaml",
    ]
    mine = tmp_path / ".my-own.pt"
    for path in [*left, mine]:
        path.write_bytes(b"half")
    trainer(tiny_tree(pictures, tmp_path, steps=1)).fit()
    assert not any(path.exists() for path in left)
    assert mine.exists()


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_full_disk_is_a_sentence_and_the_run_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    trainer(tiny_tree(pictures, tmp_path, steps=2)).fit()
    resumed = trainer(tiny_tree(pictures, tmp_path, steps=6))
    resumed.resume()
    before = (tmp_path / "state.pt").read_bytes()
    fill_disk(monkeypatch)
    with pytest.raises(
        OSError, match=r"state-new\.pt could not be written, \d+ MB are free on that disk.*no space left"
    ):
        resumed.fit()  # the last state must be written
    assert "the training goes on, and tries again later" in capfd.readouterr().err
    assert resumed.step == 6
    assert (tmp_path / "state.pt").read_bytes() == before


def test_a_journal_that_the_disk_cannot_take_is_told_once(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    def write(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    running = trainer(tiny_tree(pictures, tmp_path, steps=6) | {"every": {"log": 1, "validate": 99, "samples": 99}})
    monkeypatch.setattr(os, "write", write)
    running.fit()
    said = capfd.readouterr().err
    assert 1 <= said.count("journal.jsonl could not be written") < 4  # of eight; a state that is written begins anew
    assert "the training goes on, and tries again later" in said
    assert States(tmp_path).read()["step"] == 6


def test_a_full_disk_that_is_cleared_in_time_costs_nothing(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learning = trainer(tiny_tree(pictures, tmp_path))
    fill_disk(monkeypatch)
    stepped = learning.teller.stepped

    def clear(*told: Any) -> None:
        stepped(*told)
        if learning.step == 4:
            monkeypatch.undo()

    monkeypatch.setattr(learning.teller, "stepped", clear)
    learning.fit()
    assert load_state(tmp_path / "state.pt")["step"] == 6


HOLD = """
import sys, time
from pathlib import Path
from inpaint.training.run_folder import held_folder
with held_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_two_trainings_in_one_folder_are_refused_with_who_is_there(pictures: Path, tmp_path: Path):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match=rf"is in use: process {other.pid} on \S+ is training there; stop it"):
        trainer(tiny_tree(pictures, tmp_path)).fit()
    other.kill()
    other.wait()
    trainer(tiny_tree(pictures, tmp_path, steps=1)).fit()  # the system took the lock back


def test_the_folder_holds_the_complete_run(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, steps=1)
    trainer(tree).fit()
    told = yaml.safe_load((tmp_path / "run.yaml").read_text())
    assert told["ema"] == 0.999
    assert told["optim"]["generator"]["betas"] == [0.9, 0.99]
    assert run_to_tree(read_run(tmp_path / "run.yaml")) == run_to_tree(parse_run(tree, "test"))


CHANGES = {
    "optim.generator.lr": ({"optim": {"generator": {"lr": 5e-4, "schedule": "cosine", "warmup": 2}}}, 5e-4),
    "optim.generator.betas": ({"optim": {"generator": {"lr": 1e-3, "betas": [0.5, 0.9]}}}, [0.5, 0.9]),
    "optim.generator.weight_decay": ({"optim": {"generator": {"lr": 1e-3, "weight_decay": 0.1}}}, 0.1),
    "optim.generator.decay_all": (
        {"optim": {"generator": {"lr": 1e-3, "weight_decay": 1e-4, "decay_all": True}}},
        True,
    ),
    "steps": ({"steps": 8}, 8),
    "clip": ({"clip": None}, None),
    "ema": ({"ema": 0.9}, 0.9),
}


@pytest.mark.parametrize("key", CHANGES)
def test_what_can_take_effect_on_resuming_does_and_is_told(
    key: str, pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    trainer(tiny_tree(pictures, tmp_path, steps=3)).fit()
    given, value = CHANGES[key]
    resumed = trainer(tiny_tree(pictures, tmp_path, **{"steps": 6, **given}))
    resumed.resume()
    assert f"{key}: " in capfd.readouterr().err
    resumed.fit()
    told = next(line for line in journal(tmp_path) if "resumed" in line)
    assert told["step"] == 3
    assert told["resumed"][key]["is"] == value
    group = resumed.players["generator"].optimizer.param_groups[0]
    options = parse_run(resumed.keeper.run, "test").optim["generator"]
    assert list(group["betas"]) == list(options.betas)
    assert options.weight_decay in [it["weight_decay"] for it in resumed.players["generator"].optimizer.param_groups]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 7}, "seed was 0 and is now 7"),
        ({"generator": {"name": "residual_unet", "widths": [6, 8], "blocks": 1, "middle": 1}}, "generator.widths was"),
        (
            {"generator": {"name": "unet", "shape": "plain", "width": 4}},
            "generator.name was residual_unet and is now unet",
        ),
        ({"optim": {"generator": {"name": "adam", "lr": 1e-3}}}, "optim.generator.name was adamw and is now adam"),
        ({"pretrained": "holes"}, "pretrained was None and is now holes"),
    ],
)
def test_what_was_settled_at_the_first_step_is_refused(given: Any, words: str, pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, steps=1)).fit()
    before = (tmp_path / "state.pt").read_bytes()
    run = parse_run(
        tiny_tree(pictures, tmp_path, steps=2, **{key: it for key, it in given.items() if key != "pretrained"}), "t"
    )
    resumed = trainer_of(run)
    resumed.keeper.run |= given if "pretrained" in given else {}
    with pytest.raises(ValueError) as error:
        resumed.resume()
    assert words in str(error.value)
    assert "set it back, or begin another run" in str(error.value)
    assert (tmp_path / "state.pt").read_bytes() == before


def spoil(learning: Trainer, steps: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gradient of some steps be no number."""
    draw = learning.draw

    def drawn(iterator: Any) -> Any:
        turn = draw(iterator)
        if turn is not None and learning.step in steps:
            name = next(iter(turn.terms))
            turn.terms[name] = turn.terms[name] * math.nan
        return turn

    monkeypatch.setattr(learning, "draw", drawn)


@pytest.mark.parametrize("tree", [tiny_tree, adversarial_tree, cycle_tree])
def test_a_single_step_without_a_gradient_is_skipped_and_counted(
    tree: Callable[..., dict[str, Any]], pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learning = trainer(tree(pictures, tmp_path))
    spoil(learning, {2}, monkeypatch)
    learning.fit()
    lines = journal(tmp_path)
    skipped = [line for line in lines if "skipped" in line]
    assert {line["step"] for line in skipped} == {3}
    assert all(line["not_finite"] for line in skipped)
    assert lines[-2]["skipped_steps"] == 1 or lines[-1].get("skipped_steps") == 1
    assert all(it.isfinite().all() for it in learning.recipe.state_dict().values() if isinstance(it, Tensor))
    assert learning.step == 6


def test_a_skipped_step_moves_neither_weights_nor_moments(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learning = trainer(tiny_tree(pictures, tmp_path, steps=3, every={"save": 1}, keep=3))
    spoil(learning, {2}, monkeypatch)
    learning.fit()
    after, before = (load_state(path) for path in States(tmp_path).found()[:2])
    assert (after["step"], before["step"]) == (3, 2)
    assert same(after["recipe"], before["recipe"])
    assert same(after["optimizers"]["generator"], before["optimizers"]["generator"])


def test_several_in_a_row_end_the_run_with_the_term_the_step_and_the_samples(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    learning = trainer(tiny_tree(pictures, tmp_path, steps=40, every={"log": 10, "save": 2, "validate": 2}))
    spoil(learning, set(range(3, 40)), monkeypatch)
    with pytest.raises(ValueError) as error:
        learning.fit()
    assert "hole_l1 was no finite number in 5 steps in a row, from step 4 on (samples 6 to 7)" in str(error.value)
    assert all(it.isfinite().all() for it in load_state(tmp_path / "state.pt")["recipe"].values())
    assert load_checkpoint(tmp_path / "best.safetensors").provenance["step"] <= 4


def test_best_is_chosen_by_the_users_metric(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    every = {"log": 9, "validate": 1, "save": 9, "samples": 9}
    expected = {"l1_mask": 2, "psnr_whole": 3, "last": 4}
    values = {"l1_mask": [0.5, 0.4, 0.1, 0.3, 0.2], "psnr_whole": [1.0, 2.0, 3.0, 9.0, 4.0]}
    for name, step in expected.items():
        metric, _, of = name.partition("_")
        tree = tiny_tree(pictures, tmp_path / name, steps=4, every=every, best={"metric": metric, "of": of or "mask"})
        learning = trainer(tree)
        learning.validation = learning.validation[:1]

        def score(asked: str, image: Tensor, sample: Sample, learning: Trainer = learning) -> float:
            return values.get(asked, [1.0] * 5)[learning.step]

        monkeypatch.setattr("inpaint.training.validating.validation_score", score)
        learning.fit()
        assert load_checkpoint(tmp_path / name / "best.safetensors").provenance["step"] == step
    with pytest.raises(ValueError, match=r"best\.metric 'detail' of mask is unknown; choose psnr, ssim, l1.*last"):
        trainer(tiny_tree(pictures, tmp_path, best={"metric": "detail"}))


def test_moments_stay_with_their_parameters_when_groups_change(pictures: Path, tmp_path: Path):
    trainer(tiny_tree(pictures, tmp_path, steps=3)).fit()
    grouped = {"lr": 1e-3, "rates": {"tail*": 0.1}, "weight_decay": 1e-4}
    resumed = trainer(tiny_tree(pictures, tmp_path, steps=4, optim={"generator": grouped}))
    resumed.resume()
    stored, optimizer = (
        load_state(tmp_path / "state.pt")["optimizers"]["generator"],
        resumed.players["generator"].optimizer,
    )
    assert len(optimizer.param_groups) > 2
    for name, parameter in resumed.recipe.generator.named_parameters():
        assert torch.equal(optimizer.state[parameter]["exp_avg"], stored[name]["exp_avg"]), name
