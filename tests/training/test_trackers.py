"""Who hears of a run beside its journal, and that a run does not depend on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inpaint.assemble import trainer_of
from inpaint.config import parse_run
from inpaint.training.trackers import TRACKERS, told_numbers
from inpaint.training.trainer import Trainer
from tests.runs import folder_of_pictures, tiny_tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"))


class Heard:
    """Remembers what it is told; fails from a step on."""

    def __init__(self, fails_at: int = 1000):
        self.fails_at, self.told, self.pictures, self.closed = fails_at, [], [], 0

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        if step >= self.fails_at:
            raise ConnectionError("nobody\nthere")
        self.told.append((step, dict(values)))

    def picture(self, step: int, path: Path) -> None:
        self.pictures.append((step, path.is_file()))

    def close(self) -> None:
        self.closed += 1


def trainer(pictures: Path, output: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Trainer:
    begun: Any = lambda *_: heard  # noqa: E731
    monkeypatch.setitem(TRACKERS, "mine", ("json", begun))
    return trainer_of(parse_run(tiny_tree(pictures, output, trackers=["mine"], **more), "test"))


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def test_a_tracker_hears_what_the_journal_says(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    heard = Heard()
    trainer(pictures, tmp_path, heard, monkeypatch).fit()
    assert heard.told == [(line["step"], told_numbers(line)) for line in journal(tmp_path)]
    assert {"psnr", "loss hole_l1", "rate generator", "images_per_second"} <= {
        it for _, told in heard.told for it in told
    }
    assert heard.pictures == [(3, True), (6, True)]
    assert heard.closed == 1


def test_one_that_fails_is_left_and_the_run_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    heard = Heard(fails_at=2)
    trainer(pictures, tmp_path, heard, monkeypatch).fit()
    assert {step for step, _ in heard.told} == {0, 1}
    assert journal(tmp_path)[-1]["step"] == 6
    assert capfd.readouterr().err.count("mine failed (nobody there); the training goes on without it") == 1


def test_one_that_cannot_begin_is_left_too(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def begin(*_: Any) -> Any:
        raise OSError("no key")

    monkeypatch.setitem(TRACKERS, "mine", ("json", begin))
    trainer_of(parse_run(tiny_tree(pictures, tmp_path, trackers=["mine"]), "test")).fit()
    assert journal(tmp_path)[-1]["step"] == 6


def test_tensorboard_reads_back_what_was_told(pictures: Path, tmp_path: Path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tree = tiny_tree(pictures, tmp_path, trackers=["tensorboard"])
    trainer_of(parse_run(tree, "test")).fit()
    read = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    losses = [(event.step, event.value) for event in read.Scalars("loss hole_l1")]
    told = [(line["step"], line["losses"]["hole_l1"]) for line in journal(tmp_path) if "losses" in line]
    assert [step for step, _ in losses] == [step for step, _ in told]
    assert [value for _, value in losses] == pytest.approx([value for _, value in told])
    assert [event.step for event in read.Images("samples")] == [3, 6]


def test_weights_and_biases_gets_the_run_and_goes_on_with_it(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """By a stand-in for the service's package, whose calls are those of its documentation."""
    calls: list[tuple[str, Any]] = []

    class Begun:
        id = "abc"
        define_metric = staticmethod(lambda *given, **more: calls.append(("define", more)))
        log = staticmethod(lambda values: calls.append(("log", values)))
        finish = staticmethod(lambda: calls.append(("finish", None)))

    def init(**given: Any) -> Begun:
        calls.append(("init", given))
        return Begun()

    spec = SimpleNamespace(init=init, Image=lambda path: f"picture {Path(path).name}", __spec__=object())
    monkeypatch.setitem(sys.modules, "wandb", spec)
    for steps, resume in ((3, False), (6, True)):
        learning = trainer_of(parse_run(tiny_tree(pictures, tmp_path, steps=steps, trackers=["wandb"]), "test"))
        if resume:
            learning.resume()
        learning.fit()
    begun = [given for kind, given in calls if kind == "init"]
    assert [(it["id"], it["config"]["steps"]) for it in begun] == [(None, 3), ("abc", 6)]
    logged = [values for kind, values in calls if kind == "log"]
    assert {values["step"] for values in logged} == set(range(7))
    assert [values["samples"] for values in logged if "samples" in values] == [
        "picture 0000003.png",
        "picture 0000006.png",
    ]
    assert [kind for kind, _ in calls].count("finish") == 2


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["comet"], "choose among tensorboard, wandb"),
        (["missing"], r"needs the extra: pip install 'inpaint\[missing\]'"),
    ],
)
def test_a_tracker_that_is_not_there_is_a_sentence(
    names: list[str], words: str, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if names == ["missing"]:
        monkeypatch.setitem(TRACKERS, "missing", ("no_such_package", Heard))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=words):
        trainer_of(parse_run(tiny_tree(pictures, tmp_path, trackers=names), "test"))
