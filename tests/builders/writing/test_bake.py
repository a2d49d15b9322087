"""Baked-in censoring: fixed by seed and key, with everything that was drawn."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.assemble import samples_of
from inpaint.builders.settings import parse_settings
from inpaint.builders.writing.bake import bake, bake_file, censoring, censoring_of
from inpaint.config import parse_run
from inpaint.evaluation.pictures import picture_paths
from inpaint.images import read_mask
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.parts import Choice
from inpaint.randomness import rng_for
from tests.builders.datasets import SIZE, dataset, manifest, patch
from tests.runs import folder_of_pictures, tiny_tree

BOXES = Choice.model_validate({"name": "boxes", "sides": [10, 20]})
MOSAIC, WHITE = (
    Choice.model_validate({"name": "mosaic", "block": [4, 8]}),
    Choice.model_validate({"name": "hole", "value": "white"}),
)
TARGET = torch.randint(0, 256, (3, SIZE, SIZE), generator=rng_for(0)) / 255


def test_seed_and_key_alone_decide():
    censor = censoring([BOXES, Choice.model_validate({"name": "freeform"})], [MOSAIC, WHITE], {"jpeg": 0.5})
    one, same = (bake(TARGET, censor, seed=3, key="leaf") for _ in range(2))
    assert torch.equal(one.image, same.image)
    assert torch.equal(one.mask, same.mask)
    assert one.record == same.record
    for seed, key in ((4, "leaf"), (3, "lead")):
        assert not torch.equal(bake(TARGET, censor, seed=seed, key=key).mask, one.mask)


def test_the_record_names_the_mask_and_the_fill_and_rebuilds_the_mosaic():
    censor = censoring([BOXES], [MOSAIC])
    for number in range(10):
        image, mask, record = bake(TARGET, censor, seed=0, key=str(number))
        assert record["mask"] == {"name": "boxes", "sides": [10, 20]}
        assert record["fill"] == {"name": "mosaic", "block": [4, 8]}
        assert (record["seed"], record["key"]) == (0, str(number))
        assert record["share"] == pytest.approx(mask.mean().item(), abs=1e-6)
        grid = Grid(tuple(record["drawn"]["block"]), tuple(record["drawn"]["phase"]))
        shown = (pixelate(TARGET, grid) * 255).round() / 255
        assert torch.equal(image, torch.where(mask > 0.5, shown, TARGET))


def test_both_files_lie_beside_the_splits_and_the_entry_says_where(tmp_path: Path):
    folder = dataset(tmp_path / "data")
    file = manifest(folder)[-1]["file"]
    entry = bake_file(folder, file, censoring([BOXES], [WHITE]), seed=0)
    assert json.loads(json.dumps(entry)) == entry
    name = Path(file).name
    assert {kind: it["file"] for kind, it in entry["files"].items()} == {
        kind: f"censored/test/{kind}/{name}" for kind in ("image", "mask")
    }
    for it in entry["files"].values():
        assert hashlib.sha256((folder / it["file"]).read_bytes()).hexdigest() == it["sha256"]
    mask = read_mask(folder / entry["files"]["mask"]["file"])[0].numpy() > 0.5
    shown = np.array(Image.open(folder / entry["files"]["image"]["file"]))
    np.testing.assert_array_equal(shown, np.where(mask[..., None], 255, patch(19)))
    assert picture_paths(folder, "test") == sorted((folder / "test").iterdir())  # evaluation sees the targets alone


@pytest.mark.parametrize(
    ("mask", "fill", "realism", "sentence"),
    [
        (Choice.model_validate({"name": "stars"}), WHITE, None, "mask 'stars' is unknown; choose box, "),
        (
            BOXES,
            Choice.model_validate({"name": "hole", "color": "white"}),
            None,
            "fill hole has no option 'color'; it has value",
        ),
        (BOXES, WHITE, {"rain": 1.0}, "realism has no option 'rain'; it has blur, "),
    ],
)
def test_what_does_not_exist_is_told_with_the_choices(mask: Choice, fill: Choice, realism, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        censoring([mask], [fill], realism)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": {"name": "boxes", "sizes": [1, 2]}},
        {"mask": {"name": "stars"}},
        {"fill": {"name": "mosaic", "cells": 3}},
        {"fill": {"name": "mosaic", "block": "large"}},
        {"realism": {"rain": 1.0}},
    ],
    ids=str,
)
def test_a_wrong_option_gets_the_same_sentence_in_a_dataset_as_in_a_run(tmp_path: Path, wrong: dict):
    section = {"mask": {"name": "boxes"}, "fill": {"name": "hole"}} | wrong
    tree = tiny_tree(folder_of_pictures(tmp_path), tmp_path / "run")
    with pytest.raises(ValueError) as in_run:
        samples_of(parse_run(tree | {"data": tree["data"] | section}, "a run"))
    with pytest.raises(ValueError) as in_dataset:
        censoring_of(parse_settings({"censor": section}, "a dataset"))
    assert str(in_dataset.value) == str(in_run.value)
