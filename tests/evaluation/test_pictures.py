"""The pictures of a split, as files and in shards, and the damage that a dataset has baked in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.builders.writing.bake import bake_file, censoring
from inpaint.builders.writing.packing import pack_dataset
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.pictures import CleanPicture, baked_damage, picture_paths, read_pictures, split_of
from inpaint.images import read, read_mask
from inpaint.mosaic.grid import cell_means
from inpaint.parts import Choice
from tests.builders.datasets import dataset, manifest, write_lines

HOLE, MOSAIC = parse_case("baked-hole"), parse_case("baked-mosaic")


def censored(folder: Path, fill: list[dict]) -> Path:
    """A dataset whose test split, four patches, has something baked in."""
    dataset(folder, pictures=20)
    lines, fills = manifest(folder), [Choice.model_validate(it) for it in fill]
    censor = censoring([Choice.model_validate({"name": "boxes", "sides": [10, 20]})], fills)
    for line in lines:
        if line["split"] == "test":
            line["censor"] = bake_file(folder, line["file"], censor, seed=0)
    write_lines(folder / "manifest.jsonl", lines)
    return folder


@pytest.fixture(scope="module", params=["files", "shards"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mosaics and white boxes, stored in both ways."""
    folder = tmp_path_factory.mktemp("mixed") / "data"
    censored(folder, [{"name": "mosaic", "block": 4}, {"name": "hole", "value": "white"}])
    if request.param == "shards":
        pack_dataset(folder, shard_size=3)
    return folder


def test_a_split_reads_alike_from_files_and_from_shards(tmp_path: Path):
    folder = dataset(tmp_path / "data")
    from_files = list(read_pictures(split_of(folder, "train")))
    pack_dataset(folder, shard_size=5)
    from_shards = list(read_pictures(split_of(folder, "train")))
    with pytest.raises(ValueError, match="stored in shards, but its pictures are needed as files"):
        picture_paths(folder, "train")
    assert len(from_files) == 16
    assert [name.replace(".", "_") for name, _ in from_files] == [name for name, _ in from_shards]
    assert all(torch.equal(one, other) for (_, one), (_, other) in zip(from_files, from_shards, strict=True))


def test_what_was_baked_in_is_given_back_with_its_grid(mixed: Path):
    found = split_of(mixed, "test")
    assert len(found) == 4
    for clean in found:
        holes, mosaics = baked_damage(clean, HOLE), baked_damage(clean, MOSAIC)
        assert (holes is None) != (mosaics is None)
        damaged, target = holes or mosaics, clean.picture.tensor()
        assert damaged is not None
        assert torch.equal(damaged.image[:, damaged.mask[0] == 0], target[:, damaged.mask[0] == 0])
        if mosaics is not None:
            assert mosaics.grid is not None
            assert mosaics.grid.block == (4, 4)
            means = (cell_means(target, mosaics.grid) * 255).round()
            assert torch.equal((cell_means(mosaics.image, mosaics.grid) * 255).round(), means)
        else:
            assert damaged.grid is None
            assert (damaged.image[:, damaged.mask[0] == 1] == 1).all()


def test_baked_cases_measure_the_pictures_that_have_them(mixed: Path):
    found = split_of(mixed, "test")
    mosaics = sum(baked_damage(clean, MOSAIC) is not None for clean in found)
    assert 0 < mosaics < 4
    result = evaluate(
        {}, read_pictures(found), cases=[HOLE, MOSAIC], baked=lambda index, case: baked_damage(found[index], case)
    )
    assert {row.case: row.count for row in result.rows} == {"baked-hole": 4 - mosaics, "baked-mosaic": mosaics}


def test_the_files_of_a_folder_are_what_is_shown(tmp_path: Path):
    folder = censored(tmp_path / "data", [{"name": "hole", "value": "white"}])
    (clean, *_) = split_of(folder, "test")
    damaged = baked_damage(clean, HOLE)
    assert damaged is not None
    assert torch.equal(damaged.image, read(folder / f"censored/test/image/{clean.name}.png").tensor())
    assert torch.equal(damaged.mask, read_mask(folder / f"censored/test/mask/{clean.name}.png"))


def test_a_case_that_nothing_was_baked_for_is_refused(tmp_path: Path):
    folder = censored(tmp_path / "data", [{"name": "hole", "value": "white"}])
    found: list[CleanPicture] = split_of(folder, "test")
    with pytest.raises(ValueError, match="the case baked-mosaic: nothing of that kind was baked in"):
        evaluate({}, read_pictures(found), cases=[MOSAIC], baked=lambda index, case: baked_damage(found[index], case))


def test_a_mosaic_that_was_baked_as_a_first_guess_is_refused(tmp_path: Path):
    folder = censored(tmp_path / "data", [{"name": "mosaic", "block": 4, "enlarge": "bicubic"}])
    with pytest.raises(ValueError, match="baked with enlarge bicubic; only nearest can be measured"):
        baked_damage(split_of(folder, "test")[0], MOSAIC)


def test_a_split_without_pictures_and_one_that_is_missing_are_refused(tmp_path: Path):
    (tmp_path / "val").mkdir()
    with pytest.raises(ValueError, match="has no split 'test'; choose val"):
        split_of(tmp_path)
    with pytest.raises(ValueError, match="holds no picture that can be read"):
        split_of(tmp_path, "val")
    with pytest.raises(ValueError, match="is not a folder"):
        split_of(tmp_path / "none")
