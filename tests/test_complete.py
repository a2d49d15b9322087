"""A run written out in full is the same run, and the schema knows every one that comes with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from inpaint.assemble.complete import complete_tree
from inpaint.assemble.networks import recipe_of
from inpaint.assemble.schema import schema_of_runs
from inpaint.config import Loader, parse_run, read_run
from inpaint.config.bundled import config_file, config_names
from inpaint.degradation.build import degradation_of
from tests.runs import adversarial_tree, cycle_tree, edges_tree, tiny_tree


@pytest.mark.parametrize("name", config_names())
def test_a_complete_run_survives_yaml_and_is_complete_already(name: str):
    run = read_run(config_file(name))
    tree = complete_tree(run)
    again = parse_run(yaml.load(yaml.safe_dump(tree), Loader), name)
    assert complete_tree(again) == tree
    parts = {"generator", "recipe", "discriminators", "data", "features", "partners", "teachers"}
    assert run.model_dump(exclude=parts) == again.model_dump(exclude=parts)


@pytest.mark.parametrize("tree", [tiny_tree, adversarial_tree, edges_tree, cycle_tree])
def test_a_complete_run_builds_the_same_networks(tree: Any, tmp_path: Path):
    run = parse_run(tree(tmp_path, tmp_path), "test")
    again = parse_run(complete_tree(run), "complete")
    one, other = recipe_of(run).state_dict(), recipe_of(again).state_dict()
    assert one.keys() == other.keys()
    degradation_of(again.data.mask, again.data.fill, again.data.realism)


@pytest.mark.parametrize("name", config_names())
def test_the_schema_takes_every_config(name: str):
    tree = yaml.load(config_file(name).read_text(encoding="utf-8"), Loader)
    jsonschema.validate(tree, schema_of_runs())


@pytest.mark.parametrize(
    "change",
    [
        {"stepz": 3},
        {"steps": "many"},
        {"generator": {"name": "unet", "width": "wide"}},
        {"generator": {"name": "unet", "colour": 3}},
        {"recipe": {"name": "supervised"}},
        {"optim": {"generator": {"lr": 0}}},
        {"precision": "float8"},
    ],
)
def test_the_schema_refuses_what_reading_refuses(change: dict[str, Any], tmp_path: Path):
    tree = tiny_tree(tmp_path, tmp_path)
    schema = schema_of_runs()
    jsonschema.validate(tree, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree | change, schema)
