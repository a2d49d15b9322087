"""Shards: the same bytes each time, readable by tar and webdataset, and the same training samples as from files."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.builders.writing.bake import bake_file, censoring
from inpaint.builders.writing.packing import pack_dataset, shard_key, write_shards
from inpaint.data.shards import SHARD_INDEX
from inpaint.data.sources import Folder, centre_crops
from inpaint.parts import Choice
from inpaint.randomness import rng_for
from tests.builders.datasets import dataset, manifest, patch, write_lines

CENSOR = censoring(
    [Choice.model_validate({"name": "boxes", "sides": [10, 20]})],
    [Choice.model_validate({"name": "mosaic", "block": [4, 8]})],
)


def test_the_same_dataset_packs_to_the_same_bytes(tmp_path: Path):
    first, second = (pack_dataset(dataset(tmp_path / name), shard_size=6) for name in ("first", "second"))
    assert first == second
    assert [(entry["file"], entry["count"]) for entry in first["shards"]] == [
        ("test/test-000000.tar", 2),
        *((f"train/train-{number:06}.tar", count) for number, count in enumerate((6, 6, 4))),
        ("val/val-000000.tar", 2),
    ]
    for entry in first["shards"]:
        data = (tmp_path / "first" / entry["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
    assert json.loads((tmp_path / "first" / "shards.json").read_text()) == first


def test_members_are_sorted_and_carry_neither_time_nor_owner(tmp_path: Path):
    pack_dataset(dataset(tmp_path / "data"))
    with tarfile.open(tmp_path / "data" / "train" / "train-000000.tar") as archive:
        names = archive.getnames()
        assert names == sorted(names)
        assert {(it.mtime, it.uid, it.gid, it.uname, it.gname, it.mode) for it in archive} == {(0, 0, 0, "", "", 0o644)}
        assert names[:2] == ["leaf_0-000000000000_0.json", "leaf_0-000000000000_0.png"]
        line = json.load(archive.extractfile(names[0]))  # pyright: ignore
        assert line == manifest(tmp_path / "data")[0]
        shown = np.array(Image.open(archive.extractfile(names[1])))  # pyright: ignore
        np.testing.assert_array_equal(shown, patch(0))
    assert not list(tmp_path.rglob("*.png"))  # what was packed is not kept twice


def test_training_from_shards_draws_the_same_samples_as_from_files(tmp_path: Path):
    files, packed = dataset(tmp_path / "files"), dataset(tmp_path / "packed")
    pack_dataset(packed, shard_size=5)
    loose, tight = (Folder(folder / "train", shrink=0.7) for folder in (files, packed))
    assert len(loose) == len(tight) == 16
    for number in range(40):
        assert torch.equal(*(source((32, 32), rng_for(number)) for source in (loose, tight)))
    for one, other in zip(*(centre_crops(folder / "val", (40, 40), 2) for folder in (files, packed)), strict=True):
        assert torch.equal(one, other)


def test_the_index_is_kept_and_made_again_when_a_shard_changed(tmp_path: Path):
    folder = tmp_path / "train"
    samples = [(f"{number}", {"png": png(number), "json": b"{}"}) for number in range(5)]
    write_shards(tmp_path, "train", samples[:3])
    assert len(Folder(folder)) == 3
    before = (folder / SHARD_INDEX).stat().st_mtime_ns
    assert len(Folder(folder)) == 3
    assert (folder / SHARD_INDEX).stat().st_mtime_ns == before
    write_shards(tmp_path, "train", samples)
    assert len(Folder(folder)) == 5
    (folder / SHARD_INDEX).write_bytes(b"damaged")
    assert len(Folder(folder)) == 5


def test_masks_and_censored_pictures_are_never_taken_for_clean_ones(tmp_path: Path):
    folder = dataset(tmp_path / "data")
    lines = manifest(folder)
    for line in lines:
        if line["split"] != "train":
            line["censor"] = bake_file(folder, line["file"], CENSOR, seed=0)
    write_lines(folder / "manifest.jsonl", lines)
    pack_dataset(folder)
    assert not (folder / "censored").exists()
    assert len(Folder(folder / "val")) == 2
    with tarfile.open(folder / "val" / "val-000000.tar") as archive:
        kinds = [name.partition(".")[2] for name in archive.getnames()]
    assert kinds == ["image.png", "json", "mask.png", "png"] * 2


def test_webdataset_reads_the_shards(tmp_path: Path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    pack_dataset(dataset(tmp_path / "data"), shard_size=5)
    urls = sorted(str(path) for path in (tmp_path / "data" / "train").glob("*.tar"))
    found = list(webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8").to_tuple("__key__", "png", "json"))
    assert [line["file"] for _, _, line in found] == [it["file"] for it in manifest(tmp_path / "data")[:16]]
    assert [key for key, _, _ in found] == [shard_key(line["file"]) for _, _, line in found]
    np.testing.assert_array_equal(found[3][1], patch(3))


@pytest.mark.parametrize("keys", [["a.b"], ["a", "a"]])
def test_keys_that_webdataset_would_misread_are_refused(tmp_path: Path, keys: list[str]):
    with pytest.raises(ValueError, match="cannot be a key"):
        write_shards(tmp_path, "train", [(key, {"png": b""}) for key in keys])
    assert not list(tmp_path.rglob("*.tar"))


def test_what_is_no_plain_tar_is_told(tmp_path: Path):
    with tarfile.open(tmp_path / "train.tar", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("empty"))
    with pytest.raises(ValueError, match=r"train\.tar cannot be read as a plain tar"):
        Folder(tmp_path)


def test_shards_without_pictures_are_told(tmp_path: Path):
    write_shards(tmp_path, "train", [("a", {"mask.png": b"", "json": b"{}"})])
    with pytest.raises(ValueError, match="hold no picture"):
        Folder(tmp_path / "train")


def test_a_whole_dataset_is_no_training_folder(tmp_path: Path):
    with pytest.raises(ValueError, match=r"is a whole dataset; name one of its splits, such as .*train"):
        Folder(dataset(tmp_path / "data"))


def png(number: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(patch(number)).save(stream, "PNG")
    return stream.getvalue()
