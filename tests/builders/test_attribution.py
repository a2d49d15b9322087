"""Licence, author and origin travel from the manifest to the dataset."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from inpaint.builders.attribution import Credit, attribution_table, credit, write_credits

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
    assert credit(facts) == expected
    assert credit(tuple(sorted(facts.items()))) == expected


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
