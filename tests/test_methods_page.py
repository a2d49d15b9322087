"""docs/methods.md and the configs know every network, so that README need not name any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inpaint.config import read_run
from inpaint.generators import GENERATORS
from inpaint.importing.layouts import LAYOUTS
from inpaint.recipes import RECIPES
from tests.generators.contract import why_not_exportable

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
TWINS = {path.stem: path for path in (ROOT / "configs" / "small").glob("*.yaml")}
TWINS["residual_unet"] = ROOT / "configs" / "quick.yaml"
CONFIGS = {path.stem: path for path in (ROOT / "configs").glob("*.yaml")}
RUNS = {name: read_run(path) for name, path in CONFIGS.items()}
SECTIONS = {
    name: " ".join(text.split()) for name, text in re.findall(r"^### (.*)$([\s\S]*?)(?=^##|\Z)", TEXT, re.MULTILINE)
}


def test_every_method_is_described_and_every_other_config_named():
    assert set(SECTIONS) == set(TWINS)
    others = set(CONFIGS) - set(TWINS)
    assert {name for name in others if f"configs/{name}.yaml" in TEXT} == others


def test_every_generator_is_trained_by_a_config_with_a_small_twin():
    assert {RUNS[name].generator.name for name in TWINS} == set(GENERATORS)


@pytest.mark.parametrize("name", TWINS)
def test_every_full_config_has_a_small_twin_that_learns_alike_and_is_described(name: str):
    full, small = RUNS[name], read_run(TWINS[name])
    assert small.recipe.name == full.recipe.name
    assert set(small.discriminators) == set(full.discriminators)
    assert small.steps < full.steps
    assert f"configs/{name}.yaml" in SECTIONS[name]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_paragraph_says_why_its_network_cannot_be_exported(name: str):
    reason = why_not_exportable(RUNS[name].generator.name)
    assert re.findall(r"Cannot be exported to ONNX: (.*?)\.(?= |$)", SECTIONS[name]) == ([reason] if reason else [])


def test_published_weights_are_named_where_their_network_is_described():
    named = {layout: section for section, text in SECTIONS.items() for layout in re.findall(r"--as (\w+)", text)}
    assert set(named) == set(LAYOUTS)
    for layout, section in named.items():
        assert {it.generator for it in LAYOUTS[layout]} == {RUNS[section].generator.name}


def test_what_is_named_exists():
    files = re.findall(r"(?:configs|scripts|inpaint)/[\w./-]*\w", TEXT.replace("NAME", "unet"))
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_the_readme_names_no_network_but_links_to_their_list():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/methods.md)" in readme
    words = {"cells", *RECIPES}  # which mean something else too
    assert [name for name in set(GENERATORS) - words if re.search(rf"\b{name}\b", readme)] == []
