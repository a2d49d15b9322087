"""Pictures find their originals and masks by name, as people see names."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from folder_pictures import BOX, LEVEL, Fake, load, noise, only, painted, save, white

from inpaint.folder import decensor
from inpaint.folder.pairs import mask_name, masks_among, masks_for

Form = Literal["NFC", "NFD"]
OTHER = (slice(20, 30), slice(25, 40))


@pytest.mark.parametrize(
    ("stem", "says"),
    [
        ("cat_mask", ("cat", "")),
        ("cat_mask001", ("cat", "001")),
        ("cat_mask_2", ("cat", "2")),
        ("cat_MASK-10", ("cat", "10")),
        ("a_mask_mask", ("a_mask", "")),
        ("cat", None),
        ("mask", None),
        ("cat_masked", None),
        ("_mask", None),
    ],
)
def test_the_name_of_a_mask_says_its_picture_and_its_number(stem: str, says: tuple | None):
    assert mask_name(stem) == says


def test_a_picture_with_several_masks_has_a_result_for_each_or_for_their_union(tmp_path: Path):
    save(tmp_path / "a.png", noise())
    save(tmp_path / "a_mask001.png", white())
    save(tmp_path / "a_mask002.png", white(OTHER))
    one, other = decensor(tmp_path, tmp_path / "out", restorer=Fake(), masks=tmp_path)
    assert [it.outputs for it in (one, other)] == [[tmp_path / "out" / f"a_00{number}.png"] for number in (1, 2)]
    for outcome, box in ((one, BOX), (other, OTHER)):
        assert np.array_equal(load(outcome.outputs[0]), painted(noise(), box, colour=(LEVEL,) * 3))
    outcome = only(
        decensor(tmp_path, tmp_path / "out", restorer=Fake(), masks=tmp_path, several_masks="union", variations=2)
    )
    assert [path.name for path in outcome.outputs] == ["a 0.png", "a 1.png"]
    assert np.array_equal(load(outcome.outputs[0]), painted(noise(), BOX, OTHER, colour=(LEVEL,) * 3))


def test_several_masks_of_one_named_output_are_numbered_too(tmp_path: Path):
    save(tmp_path / "in" / "a.png", noise())
    for name in ("a_mask.png", "a_mask_7.png"):
        save(tmp_path / "masks" / name, white())
    outcomes = decensor(tmp_path / "in/a.png", tmp_path / "b.png", restorer=Fake(), masks=tmp_path / "masks")
    assert [path.name for it in outcomes for path in it.outputs] == ["b.png", "b_7.png"]


@pytest.mark.parametrize(("one", "other"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_pair_however_their_accents_are_written(
    one: Literal["NFC", "NFD"], other: Literal["NFC", "NFD"], tmp_path: Path
):
    pixels = painted(noise(), BOX)
    save(tmp_path / "in" / (unicodedata.normalize(one, "chät") + ".png"), pixels)
    save(tmp_path / "clean" / (unicodedata.normalize(other, "chät") + ".png"), noise())
    save(tmp_path / "masks" / (unicodedata.normalize(other, "chät_mask1") + ".png"), white())
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), original=tmp_path / "clean"))
    assert outcome.error is None
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "masks"))
    assert (outcome.error, outcome.regions) == (None, 1)


def test_a_mask_belongs_to_a_picture_that_lies_beside_it(tmp_path: Path):
    files = [save(tmp_path / name, white()) for name in ("a.png", "A_mask.png", "gas_mask.png", "sub/a_mask1.png")]
    assert masks_among(files) == {tmp_path / "A_mask.png"}
    assert masks_for(files[0], tmp_path, Path(".")) == [tmp_path / "A_mask.png"]


def test_a_mask_whose_picture_is_missing_is_told(tmp_path: Path):
    for name in ("a.png", "a_mask.png", "b_mask.png"):
        save(tmp_path / name, white())
    _, orphan = decensor(tmp_path, tmp_path / "out", restorer=Fake(), masks=tmp_path)
    assert orphan.error == f"{tmp_path}/b_mask.png is named like a mask, but no picture b.* lies beside it"


def test_masks_of_one_stem_are_one_mask(tmp_path: Path):
    save(tmp_path / "in" / "a.jpg", noise())
    for name in ("a_mask.png", "a_mask.jpg"):
        save(tmp_path / "masks" / name, white())
    assert [it.name for it in masks_for(tmp_path / "in" / "a.jpg", tmp_path / "masks", Path("."))] == ["a_mask.jpg"]
