"""Damaged, lying and hostile files never stop a batch; the small twin of scripts/mutate_files.py."""

from __future__ import annotations

import importlib
import resource
import sys
from pathlib import Path
from typing import Any

import pytest
from folder_pictures import Fake

from inpaint.folder import Outcome, decensor
from inpaint.folder.batch_report import outcome_entry

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.filterwarnings("ignore")  # decoders have much to say about such files


@pytest.fixture(scope="module")
def script() -> Any:
    """The script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("mutate_files")
    finally:
        sys.path.pop(0)


def batch(folder: Path, output: Path) -> list[Outcome]:
    return decensor(folder / "input", output, restorer=Fake(), masks=folder / "mask.png")


@pytest.fixture(scope="module")
def hostile(script: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    script.make(folder / "a", 102, seed=1)
    return folder / "a"


def test_every_kind_is_there(script: Any, hostile: Path):
    assert {path.name.split("-")[1] for path in (hostile / "input").iterdir()} == set(script.KINDS)


def test_a_batch_outlives_them_and_says_why(script: Any, hostile: Path, tmp_path: Path):
    before = script.checksums(hostile / "input")
    outcomes = batch(hostile, tmp_path / "out")
    assert script.faults(hostile, tmp_path / "out", [outcome_entry(outcome) for outcome in outcomes]) == []
    assert script.checksums(hostile / "input") == before
    restored = {outcome.path.name.split("-")[1] for outcome in outcomes if outcome.error is None}
    assert {"whole", "renamed", "longer"} <= restored
    assert not restored & {"empty", "many", "circle", "dangling", "pipe", "bomb"}


def test_a_full_disk_leaves_nothing_half_written(script: Any, hostile: Path, tmp_path: Path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (script.FULL, limits[1]))
    try:
        outcomes = batch(hostile, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    full = [outcome.error for outcome in outcomes if outcome.error and "cannot be written" in outcome.error]
    assert full
    assert all("File too large" in error for error in full)
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert [sentence for path in left for sentence in script.half_written(path)] == []
    assert not [path for path in left if path.name.startswith(".")]


def test_an_output_in_the_way_of_a_folder_is_said(script: Any, hostile: Path, tmp_path: Path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ValueError, match="is a file, but must be a folder"):
        batch(hostile, tmp_path / "out")
    outcomes = batch(hostile, tmp_path / "out" / "below")
    assert all(outcome.error for outcome in outcomes)
    assert [outcome.error for outcome in outcomes if not script.is_sentence(str(outcome.error))] == []


def test_the_checks_can_fail(script: Any, hostile: Path, tmp_path: Path):
    assert not script.is_sentence("ValueError: a.png is bad")
    assert not script.is_sentence("a.png: no")
    assert not script.is_sentence("[Errno 5] a.png is bad")
    (tmp_path / "a.png").write_bytes(script.BASES["still.png"]()[:100])
    assert script.half_written(tmp_path / "a.png")
    picture = {"path": "x/a.png", "seconds": 99.0, "error": "no", "outputs": []}
    assert len(script.faults(hostile, tmp_path, [picture])) > 3
