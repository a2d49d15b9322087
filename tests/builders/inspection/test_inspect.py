"""Inspecting: a sound dataset has no faults, and every way to harm one is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.inspection.inspect import inspect_dataset
from inpaint.builders.writing.bake import bake_file, censoring
from inpaint.builders.writing.packing import file_sha256, pack_dataset
from inpaint.parts import Choice
from tests.builders.datasets import dataset, manifest, patch, write_lines

Harm = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dataset(tmp_path / "data")


def changed(folder: Path, number: int, **more) -> None:
    """Change a line of the manifest."""
    lines = manifest(folder)
    lines[number] |= more
    write_lines(folder / "manifest.jsonl", lines)


def first(folder: Path) -> Path:
    return folder / manifest(folder)[0]["file"]


def swap_levels(folder: Path) -> None:
    Image.fromarray(255 - patch(0)).save(first(folder))


def cut_off(folder: Path) -> None:
    first(folder).write_bytes(first(folder).read_bytes()[:900])
    changed(folder, 0, sha256=file_sha256(first(folder)))


def enlarge(folder: Path) -> None:
    Image.fromarray(patch(0)).resize((64, 64)).save(first(folder))
    changed(folder, 0, sha256=file_sha256(first(folder)))


def leak_a_look(folder: Path) -> None:
    """Put a recompressed copy of a training patch into the test split."""
    file = folder / manifest(folder)[19]["file"]
    Image.fromarray(patch(0)).save(folder / "copy.jpg", quality=70)
    Image.open(folder / "copy.jpg").save(file)
    changed(folder, 19, sha256=file_sha256(file))


def leak_the_same(folder: Path) -> None:
    shutil.copy(first(folder), folder / manifest(folder)[19]["file"])
    changed(folder, 19, sha256=manifest(folder)[0]["sha256"])


def lose_a_key(folder: Path) -> None:
    lines = manifest(folder)
    del lines[3]["group"]
    write_lines(folder / "manifest.jsonl", lines)


HARMS: dict[str, Harm] = {
    "1 files are missing: train/leaf.0-000000000000_0.png": lambda folder: first(folder).unlink(),
    "1 files have changed (their checksum": swap_levels,
    "1 files cannot be read: ": cut_off,
    "1 patches are not 48 x 48: train/leaf.0-000000000000_0.png is 64 x 64": enlarge,
    "1 files are not in the manifest: val/extra.png": lambda it: Image.new("RGB", (9, 9)).save(it / "val/extra.png"),
    "1 groups lie in two splits: group 0": lambda folder: changed(folder, 19, group="group 0"),
    "1 pictures have patches in two splits: leaves/leaf.0.png": lambda it: changed(it, 19, source="leaves/leaf.0.png"),
    "1 patches are the same in two splits: test/": leak_the_same,
    "1 pairs of patches look alike across splits: train/": leak_a_look,
    "1 files lie in a different split than the manifest says": lambda folder: changed(folder, 0, split="val"),
    "1 manifest lines lack a key: line 4: group": lose_a_key,
    "dataset.json says version None; known are 1, 2": lambda folder: (folder / "dataset.json").unlink(),
}


def test_a_sound_dataset_has_no_faults(folder: Path):
    seen = []
    found = inspect_dataset(folder, progress=lambda done, total: seen.append((done, total)))
    assert found.faults == []
    assert "train" in found.text
    assert seen == [(20, 20)]


@pytest.mark.parametrize("sentence", HARMS)
def test_every_harm_is_told(folder: Path, sentence: str):
    HARMS[sentence](folder)
    assert any(fault.startswith(sentence) for fault in inspect_dataset(folder).faults), inspect_dataset(folder).faults


def test_plain_patches_are_not_called_alike(folder: Path):
    ramp = np.broadcast_to(np.linspace(100, 130, 48, dtype=np.uint8)[:, None, None], (48, 48, 3))
    for number, shift in ((0, 0), (19, 1)):
        file = folder / manifest(folder)[number]["file"]
        Image.fromarray(ramp + np.uint8(shift)).save(file)
        changed(folder, number, sha256=file_sha256(file))
    assert inspect_dataset(folder).faults == []


def test_shards_are_inspected_as_folders_are(folder: Path):
    pack_dataset(folder, shard_size=6)
    assert inspect_dataset(folder).faults == []
    shard = folder / "train" / "train-000001.tar"
    data = bytearray(shard.read_bytes())
    place = data.index(b"IDAT") + 8
    data[place] ^= 1
    shard.write_bytes(data)
    (folder / "val" / "val-000000.tar").unlink()
    faults = inspect_dataset(folder).faults
    assert any(it.startswith("1 shards have changed") and "train-000001.tar" in it for it in faults)
    assert any(it.startswith("1 files have changed") for it in faults)
    assert "1 shards are missing: val/val-000000.tar" in faults
    assert any(it.startswith("2 files are missing") for it in faults)


def test_baked_files_are_checked_too(folder: Path):
    censor = censoring(
        [Choice.model_validate({"name": "box", "height": 16, "width": 16, "shrink": 0})],
        [Choice.model_validate({"name": "hole", "value": "white"})],
    )
    lines = manifest(folder)
    for line in lines[18:]:
        line["censor"] = bake_file(folder, line["file"], censor, seed=0)
    write_lines(folder / "manifest.jsonl", lines)
    assert inspect_dataset(folder).faults == []
    files = [line["censor"]["files"] for line in lines[18:]]
    (folder / files[0]["mask"]["file"]).unlink()
    swapped = folder / files[1]["image"]["file"]
    Image.new("RGB", (48, 48)).save(swapped)
    faults = inspect_dataset(folder).faults
    assert f"1 files are missing: {files[0]['mask']['file']}" in faults
    assert any(it.startswith("1 files have changed") and files[1]["image"]["file"] in it for it in faults)


def test_a_plain_folder_of_pictures_is_surveyed(folder: Path):
    (folder / "train" / "broken.png").write_bytes(b"not a picture")
    found = inspect_dataset(folder / "train")
    assert len(found.faults) == 1
    assert "1 pictures cannot be read" in found.faults[0]
    assert "17 pictures, 0 of them copies of another. 16 are smaller than the usual patch" in found.text
    assert "inpaint build-dataset" in found.text


def test_a_folder_of_foreign_shards_is_surveyed(folder: Path):
    pack_dataset(folder)
    found = inspect_dataset(folder / "train")
    assert found.faults == []
    assert "1 shards with 16 pictures" in found.text
    assert ".png" in found.text


def test_a_dataset_without_its_manifest_is_told(folder: Path):
    (folder / "manifest.jsonl").unlink()
    assert inspect_dataset(folder).faults == ["it has no manifest.jsonl, so nothing can be checked against it"]


def test_where_there_is_nothing_to_inspect_a_sentence_says_so(tmp_path: Path):
    with pytest.raises(ValueError, match="holds neither a dataset nor pictures"):
        inspect_dataset(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        inspect_dataset(tmp_path / "nowhere")
