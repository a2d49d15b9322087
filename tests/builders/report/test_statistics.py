"""The description of a dataset: counts by hand, what a manifest does not tell is left out, and the page shows it."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.report.dataset_page import dataset_page, write_dataset_page
from inpaint.builders.report.statistics import HEAT_CELLS, bucket, describe_dataset, histogram, write_statistics
from inpaint.builders.report.text_tables import dataset_tables
from inpaint.builders.writing.bake import bake_file, censoring
from inpaint.parts import Choice
from tests.builders.datasets import dataset, manifest, patch, write_lines


def test_patches_pictures_groups_and_licences_are_counted_by_split(tmp_path: Path):
    found = describe_dataset(dataset(tmp_path))
    assert found.patches == {"train": 16, "val": 2, "test": 2}
    assert found.pictures == {"train": 8, "val": 1, "test": 1}
    assert found.groups == found.pictures
    assert found.licences == {"CC BY 4.0": 10, "CC0": 10}
    assert found.authors == 3
    assert found.rejected == {"flat": 1, "too small": 2}
    assert found.sides == {"< 256": 10}
    assert found.aspects == {"1.6 - 1.9": 10}  # 200 / 120
    assert found.mean == [0.5] * 3
    assert max(found.largest_groups.values()) == 2


def test_the_heat_map_shows_where_boxes_lie(tmp_path: Path):
    heat = np.array(describe_dataset(dataset(tmp_path)).heat)
    assert heat.shape == (HEAT_CELLS, HEAT_CELLS)
    assert heat.max() == 1
    rows, columns = np.nonzero(heat)
    assert (rows.min(), rows.max()) == (0, int(58 / 120 * HEAT_CELLS))  # boxes reach from 0 to 58 of 120 rows
    assert (columns.min(), columns.max()) == (0, int(148 / 200 * HEAT_CELLS))
    assert heat[:, int(50 / 200 * HEAT_CELLS) : int(100 / 200 * HEAT_CELLS)].sum() == 0  # none between the two boxes


def test_what_the_manifest_does_not_tell_is_left_out(tmp_path: Path):
    folder = dataset(tmp_path)
    lines = [{key: it for key, it in line.items() if key not in ("picture", "facts")} for line in manifest(folder)]
    write_lines(folder / "manifest.jsonl", lines)
    (folder / "rejected.jsonl").unlink()
    found = describe_dataset(folder)
    assert (found.sides, found.aspects, found.licences, found.rejected) == ({}, {}, {}, {})
    assert not np.any(found.heat)
    assert found.patches["train"] == 16
    for text in (dataset_tables(found), dataset_page(found, folder)):
        assert "licence" not in text.lower()


def test_baked_samples_are_counted_by_block_and_share(tmp_path: Path):
    folder = dataset(tmp_path)
    censor = censoring(
        [Choice.model_validate({"name": "boxes", "sides": [24, 24], "times": [1, 1]})],
        [Choice.model_validate({"name": "mosaic", "block": 6})],
    )
    lines = manifest(folder)
    for line in lines:
        if line["split"] != "train":
            line["censor"] = bake_file(folder, line["file"], censor, seed=0)
    write_lines(folder / "manifest.jsonl", lines)
    found = describe_dataset(folder)
    assert found.blocks == {"6 - 8": 4}
    assert found.masks == {"boxes": 4}
    assert found.fills == {"mosaic": 4}
    assert sum(found.shares.values()) == 4
    assert "0.2 - 0.3" in found.shares  # 24 * 24 of 48 * 48 is a quarter


def test_buckets_begin_with_their_edge():
    assert [bucket(value, (1, 2, 4)) for value in (0.9, 1, 1.9, 2, 4, 9)] == [0, 1, 1, 2, 3, 3]
    assert histogram({1: 5, 3: 2}, (1, 2, 4)) == {"1 - 2": 5, "2 - 4": 0, ">= 4": 2}
    assert histogram({}, (1, 2)) == {}


def test_first_patches_of_pictures_are_shown_before_second_ones(tmp_path: Path):
    examples = describe_dataset(dataset(tmp_path, pictures=40)).examples["train"]
    assert len(examples) == 24
    assert all(file.endswith("_0.png") for file in examples)


def test_statistics_are_the_same_bytes_each_time(tmp_path: Path):
    folder = dataset(tmp_path)
    texts = []
    for _ in range(2):
        write_statistics(describe_dataset(folder), folder)
        texts.append((folder / "stats.json").read_bytes())
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["patches"] == {"train": 16, "val": 2, "test": 2}


def test_a_damaged_manifest_is_told_with_its_line(tmp_path: Path):
    folder = dataset(tmp_path)
    with (folder / "manifest.jsonl").open("a") as file:
        file.write("{half\n")
    with pytest.raises(ValueError, match=r"manifest\.jsonl, line 21, is not JSON"):
        describe_dataset(folder)
    with pytest.raises(ValueError, match=r"is not a dataset: it has no manifest\.jsonl"):
        describe_dataset(tmp_path / "train")


def test_the_page_needs_nothing_beside_it_and_shows_the_patches(tmp_path: Path):
    folder = dataset(tmp_path)
    write_dataset_page(describe_dataset(folder), folder)
    text = (folder / "report.html").read_text()
    assert "http" not in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    shown = re.findall(r'title="(.*?)" src="data:image/jpeg;base64,(.*?)"', text)
    assert len(shown) == 20 + 10  # of the splits and of the groups
    first = next(data for name, data in shown if name == manifest(folder)[0]["file"])
    picture = np.array(Image.open(io.BytesIO(base64.b64decode(first)))).astype(int)
    assert np.abs(picture - patch(0)).mean() < 8


def test_rejected_pictures_are_shown_where_they_can_be_read(tmp_path: Path):
    folder = dataset(tmp_path)

    def picture(name: str) -> bytes:
        if name != "leaves/small.png":
            raise FileNotFoundError(name)
        return (folder / manifest(folder)[0]["file"]).read_bytes()

    text = dataset_page(describe_dataset(folder), folder, rejected=picture)
    assert text.count("cannot be shown") == 2
    assert 'alt="leaves/small.png"' in text
    assert "leaves/fog.png: its gray levels deviate by 1.0, less than 4" in text


def test_names_cannot_break_the_page(tmp_path: Path):
    folder = dataset(tmp_path)
    lines = [line | {"group": "<script>", "facts": {"licence": "<b>&"}} for line in manifest(folder)]
    write_lines(folder / "manifest.jsonl", lines)
    text = dataset_page(describe_dataset(folder), folder, title="<i>")
    assert not any(word in text for word in ("<script>", "<b>&", "<i>"))


def test_licences_and_authors_are_counted_whatever_their_columns_are_called(tmp_path: Path):
    folder = dataset(tmp_path / "data")
    facts = ({"licences": "GPL-2+", "copyright": "Ann"}, {"License": "CC0", "artist": "Bob"})
    write_lines(folder / "manifest.jsonl", [line | {"facts": facts[n % 2]} for n, line in enumerate(manifest(folder))])
    found = describe_dataset(folder)
    assert found.licences == {"CC0": 10, "GPL-2+": 10}
    assert found.authors == 2
