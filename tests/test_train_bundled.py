"""The script that trains the bundled networks: which pictures are held out, and what it reads and writes."""

from __future__ import annotations

import doctest
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


def module(name: str) -> Any:
    """A script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@pytest.mark.parametrize("name", ["train_bundled", "bundled_pictures"])
def test_its_examples_are_true(name: str):
    assert doctest.testmod(module(name)).failed == 0


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("imazen+codec-corpus/cid22-512-training-1029604.png", "val_photos"),
        ("imazen+codec-corpus/cid22-512-training-106399.png", "val_fronts"),
        ("imazen+codec-corpus/cid22-512-training-1063990.png", "photos"),
        ("endless-sky-high-dpi/images-land-station1@2x.jpg", "val_photos"),
        ("endless-sky-high-dpi/images-land-station7@2x.jpg", None),
        ("endless-sky-high-dpi/images-land-city11@2x.jpg", "photos"),
        ("plasma-workspace-wallpapers/contents-images-5120x2880.png", None),
        ("wesnoth-1.16-data/images-story-grim-altar.jpg", None),
    ],
)
def test_a_photograph_goes_where_it_went_before(file: str, kind: str | None):
    assert module("bundled_pictures").kind_of(file) == kind


def test_photographs_are_divided_made_small_and_recorded(tmp_path: Path):
    script, fetched, data = module("bundled_pictures"), tmp_path / "free_images", tmp_path / "data"
    files = ["a/photo.jpg", "ukui-wallpapers/drawn.png", "a/images-land-fog1@2x.jpg"]
    lines = []
    for file in files:
        (fetched / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((700, 1400, 3), np.uint8)).save(fetched / file)
        lines.append(json.dumps({"file": file, "package": "a", "version": "1", "licences": ["CC0-1.0"]}) + "\n")
    (fetched / "licences.jsonl").write_text("".join(lines))
    records = script.photographs(fetched, data)
    sizes = {path.relative_to(data).as_posix(): Image.open(path).size for path in data.rglob("*.png")}
    assert sizes == {"photos/a-photo.png": (1000, 500), "val_photos/a-images-land-fog1@2x.png": (640, 320)}
    (data / "licences.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    table = script.table_of_licences(data, ("photos",))
    assert table.splitlines()[2:] == ["| a 1 | 1 | CC0-1.0 |"]


def test_the_facts_of_a_bundled_network_are_told():
    text = module("train_bundled").facts("texture", [{"step": 1000, "all": 25.0}], None)
    assert "7,861,011 parameters" in text
    assert "| all | 25.00 |" in text
