"""What shows that every method learns: its verdict and its table are right."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from inpaint.checkpoint import save_checkpoint
from inpaint.config import read_run

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


def loaded(name: str) -> ModuleType:
    """Load a script as a module, which others find by its name; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return loaded("learn_all")


@pytest.fixture(scope="module")
def race_steps(script: ModuleType) -> ModuleType:
    return loaded("race_steps")


@pytest.fixture(scope="module")
def race(race_steps: ModuleType) -> ModuleType:
    return loaded("race")


def row(**more: Any) -> dict[str, Any]:
    shared = {"method": "quick", "damage": "mosaic-8", "parameters": 1234, "images_per_second": 5.0, "steps": 400}
    return shared | {"as shown": 20.0, "Telea": 15.0, "Bicubic": 21.0, "before": 12.0, "after": 22.0} | more


def test_a_method_must_rise_and_beat_what_was_shown(script: ModuleType):
    assert script.unlearned([row()]) == []
    assert script.unlearned([row(), row(after=19.9, before=12.0)]) == [
        "quick on mosaic-8: before 12.00, as shown 20.00, after 19.90 dB"
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
    assert lines[2].startswith("| quick | hole-freeform | 1,234 | 5.0 | 400 | 20.00 | 15.00 |  | 12.00 | **22.00** |")


def test_a_page_without_markers_is_refused(script: ModuleType, tmp_path: Path):
    (tmp_path / "methods.md").write_text("# The methods\n")
    with pytest.raises(ValueError, match="should hold a line <!-- learned"):
        script.put_table(tmp_path / "methods.md", "")


def test_only_known_twins_are_taken_and_learn_where_they_should(script: ModuleType, tmp_path: Path):
    options = Namespace(only=None, data=tmp_path, output=tmp_path / "out", features=tmp_path / "vgg.pth")
    twins = {twin.name: twin for twin in script.methods(options)}
    assert {path.stem for path in (ROOT / "configs" / "small").glob("*.yaml")} | {"quick"} == set(twins)
    with_features = [name for name, twin in twins.items() if read_run(twin.config).features is not None]
    assert 0 < len(with_features) < len(twins)
    for name, twin in twins.items():
        assert twin.folder == tmp_path / "out" / name
        single = ROOT / "data" / "demo" / "original" / "cat.png"  # of the twin that learns one picture
        assert twin.run.data.train[0].path == str(single if name == "singan" else tmp_path / "train")
        assert (twin.run.features is not None) == (name in with_features)
        assert twin.run.features is None or twin.run.features.weights == str(tmp_path / "vgg.pth")
    options.only = ["quick", with_features[0]]
    assert {twin.name for twin in script.methods(options)} == set(options.only)
    options.only = ["quick", "vgg"]
    with pytest.raises(ValueError, match=r"no small twin of 'vgg'; choose .*quick"):
        script.methods(options)


@pytest.mark.parametrize(
    ("name", "kind", "case"),
    [
        ("small/cells", "mosaic", "mosaic-4"),
        ("small/espcn", "mosaic", "mosaic-8"),
        ("small/sighted", "hole", "hole-freeform"),
        ("quick", "mosaic", "mosaic-8"),
        ("quick", "hole", "hole-freeform"),
    ],
)
def test_a_network_for_one_size_of_cells_is_measured_on_it(script: ModuleType, name: str, kind: str, case: str):
    assert script.case_of(kind, read_run(ROOT / "configs" / f"{name}.yaml")) == case


@pytest.mark.parametrize(("step", "seconds", "over"), [(10**6, 5, True), (7, 60, True), (7, 50, False)])
def test_a_run_is_over_at_its_last_step_or_minute(
    script: ModuleType, tmp_path: Path, step: int, seconds: int, over: bool
):
    options = Namespace(only=["quick"], data=tmp_path, output=tmp_path, features=None)
    (twin,) = script.methods(options)
    assert not script.finished(twin, 1.0)
    save_checkpoint(twin.folder / "last.safetensors", {}, run={}, provenance={"step": step, "seconds": seconds})
    assert script.finished(twin, 1.0) is over


def test_networks_that_draw_borders_or_learn_one_picture_are_measured_on_that(script: ModuleType, tmp_path: Path):
    options = Namespace(only=["outpaint", "ns_outpaint", "gated"], data=tmp_path, output=tmp_path, features=None)
    cases = {twin.name: script.case_of("hole", twin.run) for twin in script.methods(options)}
    assert cases == {"outpaint": "hole-outpaint", "ns_outpaint": "hole-right_half", "gated": "hole-freeform"}
    assert [*cases] == ["outpaint", "ns_outpaint", "gated"]  # as they were named


def raced(method: str, psnr: float, lpips: float, **more: Any) -> dict[str, Any]:
    scores = {"psnr_mask": {"mean": psnr, "error": 0.1}, "st_lpips_whole": {"mean": lpips, "error": 0.01}}
    return {"method": method, "damage": "hole-freeform", "scores": scores, "kind": "hole"} | more


def test_a_race_shows_the_last_point_of_each_and_names_who_is_below_the_membrane_in_both(
    race: ModuleType, tmp_path: Path
):
    (tmp_path / "docs" / "methods").mkdir(parents=True)
    page = tmp_path / "docs" / "methods.md"
    page.write_text(f"before\n{race.BEGIN}\nold\n{race.END}\nafter\n")
    for method, psnr, lpips in (("gated", 19.0, 0.2), ("frrn", 22.0, 0.3)):
        told = ({"cpu": 60.0, "step": 10, "steps": 21}, {"cpu": 120.0, "step": 20, "steps": 21})
        points = [raced(method, psnr - 1, lpips, **told[0]), raced(method, psnr, lpips, **told[1])]
        (tmp_path / "out" / method).mkdir(parents=True)
        (tmp_path / "out" / method / "race.jsonl").write_text("".join(json.dumps(it) + "\n" for it in points))
    (tmp_path / "out" / "beside-hole-freeform.jsonl").write_text(json.dumps(raced("smooth membrane", 21.0, 0.1)) + "\n")
    race.write_page(Namespace(output=tmp_path / "out", docs=tmp_path / "docs"))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    rows = [line for line in text.splitlines() if line.startswith("| hole")]
    assert [line.split(" | ")[1:4] for line in rows] == [
        ["frrn", "2", "20 of 21"],
        ["smooth membrane", "", ""],
        ["gated (below the membrane in both)", "2", "20 of 21"],
    ]
    assert "22.00 ± 0.10 | 0.3000 ± 0.0100" in rows[0]
    assert (tmp_path / "docs" / "methods" / "race.png").stat().st_size > 1000


def test_a_smooth_membrane_runs_beside_the_twins_that_learned_holes(race: ModuleType):
    ramp = torch.linspace(0, 1, 32).expand(3, 32, 32)
    mask = torch.zeros(1, 32, 32)
    mask[:, 8:24, 8:24] = 1
    filled = race.BESIDE["hole"]["smooth membrane"](torch.where(mask > 0, 0.5, ramp), mask, None)
    assert (filled - ramp).abs().max() < 0.02


def test_cpu_time_counts_children_and_nothing_of_a_process_that_is_gone(race: ModuleType):
    burn = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.4: pass\ntime.sleep(9)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 60
        while race.cpu_seconds(process.pid) < 0.4:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), 9)
        process.kill()
        process.wait()
    assert race.cpu_seconds(process.pid) == 0.0


def test_stages_weights_and_rates_come_at_the_same_shares_of_a_run_of_another_length(race_steps: ModuleType):
    def told(name: str, steps: int) -> dict[str, Any]:
        run = read_run(ROOT / "configs" / "small" / f"{name}.yaml")
        given = race_steps.stretched(run, steps)
        read_run(ROOT / "configs" / "small" / f"{name}.yaml", given)  # which takes them
        return {key: json.loads(value) for key, value in (it.split("=", 1) for it in given)}

    flow = told("structure_flow", 1_000)  # 500 in its YAML
    assert flow["steps"] == 1_000
    assert flow["recipe.stages"] == {"structure": 0, "texture": 300, "joint": 700}
    assert flow["recipe.weights"]["style_hole"] == [[698, 0.0], [700, 250.0]]
    assert flow["recipe.weights"]["l1"] == 10.0
    assert told("glcic", 5_000) | {"recipe.start": 2_500, "recipe.alone": 250} == told("glcic", 5_000)
    assert told("region_norm", 600)["optim.generator.milestones"] == [300, 450]
    assert told("sighted", 2_400)["optim.generator.warmup"] == 100
    short = told("foreground", 30)["recipe.edge_weight"]
    assert [step for step, _ in short] == sorted({step for step, _ in short})  # no two at one step
    assert not [key for key in told("gated", 9_000) if key.startswith(("recipe", "optim"))]


def test_as_many_steps_as_fit_beside_the_starts(race_steps: ModuleType, script: ModuleType, tmp_path: Path):
    options = Namespace(only=["glcic"], data=tmp_path, output=tmp_path, features=None)
    (twin,) = script.methods(options)
    twin.folder.mkdir()
    (twin.folder / "race_steps.json").write_text('{"start": 5.0, "step": 0.5}')
    assert race_steps.steps_of(twin, 1200.0, 4, lambda _: 0.0) == 2_360
    (twin.folder / "race_steps.json").unlink()
    (twin.folder / "state.pt").touch()
    with pytest.raises(ValueError, match=r"was trained without race_steps\.json: remove it"):
        race_steps.steps_of(twin, 1200.0, 4, lambda _: 0.0)
