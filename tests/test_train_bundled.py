"""The script that trains the bundled networks: which pictures are held out, and what it reads and writes."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.assemble import load_network
from inpaint.weights import bundled_path

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
        ("torcs-data/tracks-road-grass.png", "textures"),
        ("gcompris-qt-data/resource-usa-lincolnmemorial.webp", "photos"),
    ],
)
def test_a_photograph_goes_where_it_went_before(file: str, kind: str | None):
    assert module("bundled_pictures").kind_of(file) == kind


def fetched(folder: Path, pictures: dict[str, np.ndarray]) -> Path:
    """A folder as the scripts that fetch leave it."""
    lines = []
    for file, picture in pictures.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / file)
        lines.append(json.dumps({"file": file, "package": "a", "version": "1", "licences": ["CC0-1.0"]}) + "\n")
    (folder / "licences.jsonl").write_text("".join(lines))
    return folder


def noise(seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_photographs_are_divided_made_small_and_recorded(tmp_path: Path):
    script, data = module("bundled_pictures"), tmp_path / "data"
    soft = np.asarray(Image.fromarray(noise(4, 300, 600)).resize((1200, 600), Image.Resampling.BICUBIC))
    first = {
        "a/photo.png": noise(1, 1000, 2000),
        "ukui-wallpapers/drawn.png": noise(2, 300, 600),
        "a/images-land-fog1@2x.png": noise(3, 640, 1280),
        "a/soft.png": soft,
        "a/flat.png": np.full((600, 600, 3), 90, np.uint8),
    }
    second = {"b/held-out-again.png": noise(3, 640, 1280), "b/photo-again.png": noise(1, 1000, 2000)}
    folders = [fetched(tmp_path / "free_images", first), fetched(tmp_path / "free_repositories", second)]
    records = script.photographs(folders, data)
    sizes = {path.relative_to(data).as_posix(): Image.open(path).size for path in data.rglob("*.png")}
    softer = sizes.pop("photos/a-soft.png")
    assert sizes == {"photos/a-photo.png": (1600, 800), "val_photos/a-images-land-fog1@2x.png": (640, 320)}
    assert softer[0] < 1100  # of 1200, to which it was enlarged
    (data / "licences.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    table = script.table_of_licences(data, ("photos",))
    assert table.splitlines()[2:] == ["| a 1 | 2 | CC0-1.0 |"]


def test_the_facts_of_a_bundled_network_are_told():
    text = module("train_bundled").facts(
        "texture", [{"step": 1000, "all": 25.0}], None, module("bundled_place").Place()
    )
    assert "7,861,011 parameters" in text
    assert "| all | 25.00 |" in text


def test_a_trial_goes_the_whole_road_and_leaves_the_package_as_it_is(tmp_path: Path):
    before = bundled_path("mosaics").stat().st_mtime_ns
    words = ["vivid", "--trial", str(tmp_path), "--seconds", "1"]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "train_bundled.py", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for name, varies in (("mosaics", False), ("vivid", True)):  # which is trained after the first, from its weights
        network = load_network(tmp_path / f"weights/{name}.safetensors")
        assert sum(weight.numel() for weight in network.generator.parameters()) < 100_000
        assert network.generator.samples is varies
    told = (tmp_path / "bundled/vivid.md").read_text()
    assert "| drawn 1 | 6 | CC0-1.0 |" in told
    assert "| photos small8 |" in told
    assert bundled_path("mosaics").stat().st_mtime_ns == before


def test_the_mean_of_two_answers_may_be_right_where_neither_is():
    script, batches = module("vivid_answers"), module("cell_batches")
    target = torch.rand(2, 3, 8, 8)
    part = batches.Part(target, torch.ones(2, 1, 8, 8), target, target)
    chain = batches.Chain(part, part, torch.tensor([[0, 1], [2, 3]]))
    (mosaics, *_), mid, _ = script.twice(batches.Batch(part, chain, chain))
    assert torch.equal(mosaics[0], mosaics[1])
    assert not torch.equal(mosaics[1], mosaics[2])
    assert mid.window.tolist() == [[0, 1], [0, 1], [2, 3], [2, 3]]
    twins = batches.Part(mosaics, torch.ones(4, 1, 8, 8), mosaics, mosaics)
    apart = script.Made(twins, mosaics + torch.tensor([0.1, -0.1, 0.2, -0.2])[:, None, None, None])
    assert float(script.mean_missed(apart)) == pytest.approx(0, abs=1e-6)
    assert float(script.absolute(apart)) == pytest.approx(0.15, abs=1e-6)
