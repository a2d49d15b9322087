"""What shows that every method learns: the list of methods is complete, and its verdict and its table are right."""

from __future__ import annotations

import importlib.util
import re
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inpaint.checkpoint import save_checkpoint
from inpaint.config import read_run

ROOT = Path(__file__).parent.parent
CONFIGS = {path.stem: path for path in (ROOT / "configs").glob("*.yaml")}
FULL = [name for name in CONFIGS if not name.endswith("-small") and name not in ("quick", "pconv-finetune")]
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location("learn_all", ROOT / "scripts" / "learn_all.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(**more: Any) -> dict[str, Any]:
    told = {"method": "unet", "damage": "mosaic-8", "parameters": 1234, "images_per_second": 5.0, "steps": 400}
    return told | {"as shown": 20.0, "Telea": 15.0, "Bicubic": 21.0, "before": 12.0, "after": 22.0} | more


@pytest.mark.parametrize("name", FULL)
def test_every_full_config_has_a_small_twin_that_learns_alike_and_is_described(name: str):
    twin = CONFIGS["quick" if name == "default" else f"{name}-small"]
    full, small = read_run(CONFIGS[name]), read_run(twin)
    assert small.recipe.name == full.recipe.name
    assert set(small.discriminators) == set(full.discriminators)
    assert small.steps < full.steps
    section = re.search(rf"^### {name}$(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert section
    assert f"configs/{name}.yaml" in section[1] or name == "default"


def test_what_is_described_exists():
    assert set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE)) == set(FULL)
    files = re.findall(r"(?:configs|scripts|inpaint)/[\w./-]*\w", TEXT.replace("NAME", "unet"))
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_method_must_rise_and_beat_what_was_shown(script: ModuleType):
    assert script.unlearned([row()]) == []
    assert script.unlearned([row(), row(after=19.9, before=12.0)]) == [
        "unet on mosaic-8: before 12.00, as shown 20.00, after 19.90 dB"
    ]
    assert script.unlearned([row(before=22.0)])
    assert script.unlearned([row(after=float("nan"))])


def test_the_table_takes_the_place_between_the_markers_and_nothing_else(script: ModuleType, tmp_path: Path):
    path = tmp_path / "methods.md"
    path.write_text(TEXT, encoding="utf-8")
    hole = {key: value for key, value in row(damage="hole-freeform").items() if key != "Bicubic"}
    for rows in ([row()], [hole, row()]):
        script.put_table(path, script.table(rows))
        written = path.read_text(encoding="utf-8")
        assert written.partition(script.BEGIN)[0] == TEXT.partition(script.BEGIN)[0]
        assert written.partition(script.END)[2] == TEXT.partition(script.END)[2]
        lines = written.partition(script.BEGIN)[2].partition(script.END)[0].strip().splitlines()
        assert len(lines) == 2 + len(rows)
        assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| unet | hole-freeform | 1,234 | 5.0 | 400 | 20.00 | 15.00 |  | 12.00 | **22.00** |")


def test_a_page_without_markers_is_refused(script: ModuleType, tmp_path: Path):
    (tmp_path / "methods.md").write_text("# The methods\n")
    with pytest.raises(ValueError, match="should hold a line <!-- learned"):
        script.put_table(tmp_path / "methods.md", "")


def test_only_known_twins_are_taken_and_told_where_to_learn(script: ModuleType, tmp_path: Path):
    options = Namespace(only=["srcnn", "pconv"], data=tmp_path, output=tmp_path / "out", features=tmp_path / "vgg.pth")
    pconv, srcnn = script.methods(options)
    assert (srcnn.name, srcnn.folder) == ("srcnn", tmp_path / "out" / "srcnn")
    assert srcnn.run.features is None
    assert pconv.run.features.weights == str(tmp_path / "vgg.pth")
    assert pconv.run.data.train[0].path == str(tmp_path / "train")
    options.only = ["srcnn", "vgg"]
    with pytest.raises(ValueError, match=r"no small twin of 'vgg'; choose .*srcnn"):
        script.methods(options)


@pytest.mark.parametrize(("step", "seconds", "over"), [(10**6, 5, True), (7, 60, True), (7, 50, False)])
def test_a_run_is_over_at_its_last_step_or_minute(
    script: ModuleType, tmp_path: Path, step: int, seconds: int, over: bool
):
    options = Namespace(only=["srcnn"], data=tmp_path, output=tmp_path, features=None)
    (twin,) = script.methods(options)
    assert not script.finished(twin, 1.0)
    save_checkpoint(twin.folder / "last.safetensors", {}, run={}, provenance={"step": step, "seconds": seconds})
    assert script.finished(twin, 1.0) is over
