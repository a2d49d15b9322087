"""Licence, author and origin travel from the manifest to the dataset."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.assemble import trainer_of
from inpaint.builders.dataset import build_dataset
from inpaint.builders.report.attribution import Credit, attribution_table, credit_of, licences_of, write_credits
from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run

URL = "https://example.org/a.jpg"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"licence": "CC0", "author": "Ann", "url": URL, "series": "x"}, Credit("CC0", "Ann", URL)),
        ({"License": "CC-BY-4.0", "Artist": "Bob", "copyright": "2020 Bob"}, Credit("CC-BY-4.0", "Bob", "")),
        (
            {"licences": "GPL-2+, CC0", "copyright": "Ann", "package": "wallpapers", "version": "1.2-3", "path": "x"},
            Credit("GPL-2+, CC0", "Ann", "wallpapers 1.2-3"),
        ),
        ({}, Credit("", "", "")),
    ],
)
def test_the_columns_of_many_manifests_are_understood(facts: dict[str, str], expected: Credit):
    assert credit_of(facts) == expected
    assert credit_of(tuple(sorted(facts.items()))) == expected


def test_every_picture_has_a_line_and_every_author_a_row(tmp_path: Path):
    pictures = [
        ("p/a.jpg", {"licence": "CC0", "author": "Ann", "url": URL}),
        ("p/b.jpg", {"licence": "CC0", "author": "Ann", "url": "https://example.org/b.jpg"}),
        ("p/c.jpg", {"licence": "GPL-2+", "author": "A|B\n<b>"}),
        ("p/d.jpg", {}),
    ]
    assert write_credits(tmp_path, pictures) == {"CC0": 2, "GPL-2+": 1, "not stated": 1}
    lines = [json.loads(line) for line in (tmp_path / "credits.jsonl").read_text("utf-8").splitlines()]
    assert [line["source"] for line in lines] == ["p/a.jpg", "p/b.jpg", "p/c.jpg", "p/d.jpg"]
    assert lines[0] == {"source": "p/a.jpg", "licence": "CC0", "author": "Ann", "origin": URL}
    rows = [line for line in (tmp_path / "ATTRIBUTION.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    assert rows[2:] == [
        "| not stated | not stated | not stated | 1 |",
        "| CC0 | Ann | example.org | 2 |",
        "| GPL-2+ | A\\|B &lt;b> | not stated | 1 |",
    ]


def test_the_order_of_the_pictures_does_not_change_the_table():
    one, other = Credit("CC0", "Ann", "x"), Credit("CC0", "Bob", "y")
    assert attribution_table(Counter([one, other, one])) == attribution_table(Counter([other, one, one]))


def test_a_dataset_says_who_is_to_be_credited_and_a_network_by_whose_licences_it_learned(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    rows = ["file,licence,author"]
    for seed in range(6):
        noise = np.random.default_rng(seed).integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "pictures" / f"{seed}.png")
        rows.append(f"pictures/{seed}.png,{'CC0' if seed else 'CC BY 4.0'},Ann")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    build_dataset([tmp_path / "list.csv"], tmp_path / "data", size=32, splits=(0.5, 0.25, 0.25))
    expected = {"CC0": 5, "CC BY 4.0": 1}
    assert licences_of(tmp_path / "data" / "train") == expected
    assert "| CC BY 4.0 | Ann | not stated | 1 |" in (tmp_path / "data" / "ATTRIBUTION.md").read_text("utf-8")
    assert len((tmp_path / "data" / "credits.jsonl").read_text("utf-8").splitlines()) == 6
    assert licences_of(tmp_path / "pictures") == licences_of(Path("synthetic")) == {}
    optim = {"generator": {"lr": 1e-3}}
    tree = {
        "output": str(tmp_path / "run"),
        "steps": 1,
        "data": {"train": str(tmp_path / "data" / "train"), "crop": 32, "batch": 1, "mask": {"name": "box"}},
        "generator": {"name": "srcnn"},
        "recipe": {"name": "supervised", "weights": {"hole_l1": 1.0}},
        "optim": optim,
    }
    tree["data"] |= {"fill": {"name": "mosaic", "block": 4}}
    trainer_of(parse_run(tree, "here")).fit()
    assert load_checkpoint(tmp_path / "run" / "last.safetensors").provenance["licences"] == {
        tree["data"]["train"]: expected
    }
