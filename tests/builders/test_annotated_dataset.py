from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.dataset import build_dataset
from inpaint.builders.inspection.inspect import inspect_dataset

SIZE, ORIGINAL = 32, 64


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """Twelve noisy pictures with a box each, in CSV; one without a box, and one with a box outside of it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = ["file,left,top,right,bottom,label"]
    for seed in range(14):
        cells = np.random.default_rng(seed).integers(0, 256, (10, 14, 3), dtype=np.uint8)
        Image.fromarray(cells).resize((140, 100), Image.Resampling.NEAREST).save(folder / f"{seed:02}.png")
        if seed < 12:
            rows.append(f"{seed:02}.png,{20 + 5 * seed},30,{40 + 5 * seed},50,face")
    rows.append("13.png,500,500,600,600,face")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    return tmp_path


def build(annotated: Path, output: Path, **options):
    settings = {"size": SIZE, "original_size": ORIGINAL, "splits": (0.4, 0.3, 0.3), "clean": {"censored": None}}
    annotations = {"path": str(annotated / "boxes.csv")}
    return build_dataset([annotated / "pictures"], output, annotations=annotations, **settings, **options)


def manifest(dataset: Path) -> list[dict]:
    return [json.loads(line) for line in (dataset / "manifest.jsonl").read_text("utf-8").splitlines()]


def test_patches_are_cut_around_annotations_with_their_masks(annotated: Path):
    report = build(annotated, annotated / "set")
    assert report.kept == 12
    assert (report.rejected["not annotated"], report.rejected["wrong annotation"]) in ((1, 1), (2, 0))
    for line in manifest(annotated / "set"):
        seed = int(Path(line["source"]).stem)
        y, x, height, width = line["box"]
        assert (height, width) == (ORIGINAL, ORIGINAL)
        assert line["labels"] == ["face"]
        mask = np.array(Image.open(annotated / "set" / line["mask"]["file"]))
        expected = np.zeros((ORIGINAL, ORIGINAL), np.uint8)
        expected[30 - y : 50 - y, 20 + 5 * seed - x : 40 + 5 * seed - x] = 255
        assert np.array_equal(mask, expected[::2, ::2])
    assert inspect_dataset(annotated / "set").faults == []


def test_what_is_annotated_is_censored_in_the_baked_splits(annotated: Path):
    build(annotated, annotated / "set", censor={"fill": {"name": "mosaic", "block": 4}})
    baked = [line for line in manifest(annotated / "set") if "censor" in line]
    assert {line["split"] for line in baked} == {"val", "test"}
    for line in baked:
        files = line["mask"], line["censor"]["files"]["mask"]
        mask, drawn = (np.array(Image.open(annotated / "set" / it["file"])) > 0 for it in files)
        assert (mask & drawn).sum() > 0.5 * (mask | drawn).sum()  # a mosaic has whole cells
        assert line["censor"]["mask"] == {"name": "annotated"}
        assert line["censor"]["drawn"]["block"] == [4, 4]


def test_masks_travel_in_shards(annotated: Path):
    build(annotated, annotated / "set", store={"format": "shards", "shard_size": 5})
    lines = manifest(annotated / "set")
    names = []
    for shard in (annotated / "set").glob("*/*.tar"):
        with tarfile.open(shard) as archive:
            names += archive.getnames()
    assert sum(name.endswith(".mask.png") for name in names) == len(lines) == 12
    assert not (annotated / "set" / "masks").exists()
    assert inspect_dataset(annotated / "set").faults == []


def test_the_same_bytes_for_any_number_of_processes(annotated: Path):
    for processes in (1, 2):
        build(annotated, annotated / f"set{processes}", processes=processes)
    one, two = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (annotated / "set1", annotated / "set2")
    )
    assert one == two


def test_a_censoring_without_any_mask_is_refused(annotated: Path):
    with pytest.raises(ValueError, match="censor has no mask and there are no annotations"):
        build_dataset([annotated / "pictures"], annotated / "set", censor={"fill": {"name": "hole"}})
