"""Batches as `iopaint run` takes them: the same flags, the same names, and nothing overwritten or lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.folder.as_iopaint import config_from, restore_as_iopaint, unheeded
from tests.folder_pictures import LEVEL, Fake, load, noise, save

FORM = (40, 60)


def mask_of(path: Path, size: tuple[int, int] = FORM) -> Path:
    levels = np.zeros(size, np.uint8)
    levels[size[0] // 4 : size[0] // 2, size[1] // 4 : size[1] // 2] = 255
    return save(path, levels)


def test_a_folder_with_masks_of_the_same_stems(tmp_path: Path):
    for name in ("a.jpg", "b.png", "b.webp", "c.png", "sub/d.png"):
        save(tmp_path / "in" / name, noise(*FORM))
    mask_of(tmp_path / "masks" / "a.png")
    mask_of(tmp_path / "masks" / "b.png", (20, 30))
    outcomes = restore_as_iopaint(tmp_path / "in", tmp_path / "masks", tmp_path / "out", restorer=Fake())
    told = {outcome.path.name: outcome for outcome in outcomes}
    assert sorted(told) == ["a.jpg", "b.png", "b.webp", "c.png"], "subfolders are left alone, as IOPaint does"
    assert [told[name].status for name in told] == ["restored", "restored", "failed", "skipped"]
    assert told["b.png"].note == "its mask was resized from 30 x 20 to 60 x 40 pixels"
    assert told["b.webp"].error == "b.png is made of b.png already: give one of them another name"
    assert "holds no mask called c" in (told["c.png"].note or "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    for name in ("a", "b"):
        written = load(tmp_path / "out" / f"{name}.png")
        assert (written[10:20, 15:30] == LEVEL).all()
    assert (load(tmp_path / "out" / "b.png")[:10] == noise(*FORM)[:10]).all()


def test_one_mask_for_all_and_the_three_beside_each_other(tmp_path: Path):
    picture, mask = save(tmp_path / "a.png", noise(*FORM)), mask_of(tmp_path / "m.png")
    (outcome,) = restore_as_iopaint(picture, mask, tmp_path / "out", restorer=Fake(), concat=True)
    assert outcome.error is None
    row = load(tmp_path / "out" / "a.png")
    assert row.shape == (40, 180, 3)
    assert (row[:, :60] == noise(*FORM)).all()
    assert set(np.unique(row[:, 60:120])) == {0, 255}
    assert (row[10:20, 135:150] == LEVEL).all()


def test_one_bad_file_does_not_end_the_batch(tmp_path: Path):
    save(tmp_path / "in" / "a.png", noise(*FORM))
    (tmp_path / "in" / "b.png").write_bytes(b"hello")
    mask = mask_of(tmp_path / "m.png")
    outcomes = restore_as_iopaint(tmp_path / "in", mask, tmp_path / "out", restorer=Fake())
    assert [outcome.status for outcome in outcomes] == ["restored", "failed"]
    assert "b.png is not a picture" in (outcomes[1].error or "")


def test_what_concerns_the_whole_batch_is_refused_in_a_sentence(tmp_path: Path):
    picture, mask = save(tmp_path / "a.png", noise(*FORM)), mask_of(tmp_path / "m.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.json").write_text("[]")
    refused = {
        "must be a folder": lambda: restore_as_iopaint(picture, mask, tmp_path / "x.png", restorer=Fake()),
        "gone does not exist": lambda: restore_as_iopaint(tmp_path / "gone", mask, tmp_path, restorer=Fake()),
        "holds no pictures": lambda: restore_as_iopaint(tmp_path / "empty", mask, tmp_path / "o", restorer=Fake()),
        "holds no masks": lambda: restore_as_iopaint(picture, tmp_path / "empty", tmp_path / "o", restorer=Fake()),
        "is no JSON": lambda: config_from(picture.with_suffix(".json")),
        "should be a JSON object": lambda: config_from(tmp_path / "list.json"),
        "asks to extend the picture": lambda: unheeded({"use_extender": True}),
    }
    picture.with_suffix(".json").write_text("{")
    for words, call in refused.items():
        with pytest.raises((ValueError, FileNotFoundError), match=words):
            call()


def test_options_that_mean_nothing_here_are_told():
    assert unheeded({"ldm_steps": 20, "hd_strategy": "Crop", "prompt": ""}) is None
    assert "prompt: of no effect" in (unheeded(json.loads('{"prompt": "a cat"}')) or "")


def test_the_pictures_keep_what_iopaint_drops(tmp_path: Path):
    pixels = np.dstack([noise(*FORM), np.full(FORM, 200, np.uint8)])
    Image.fromarray(pixels).save(tmp_path / "a.png")
    restore_as_iopaint(tmp_path / "a.png", mask_of(tmp_path / "m.png"), tmp_path / "out", restorer=Fake())
    assert (np.array(Image.open(tmp_path / "out" / "a.png"))[:8, :, 3] == 200).all()


def test_what_is_marked_is_taken_away_even_where_it_looks_like_a_mosaic(tmp_path: Path):
    blocks = noise(5, 8).repeat(8, 0).repeat(8, 1)[:40, :60]
    picture, mask = save(tmp_path / "a.png", blocks), mask_of(tmp_path / "m.png")
    (outcome,) = restore_as_iopaint(picture, mask, tmp_path / "out", restorer=(fake := Fake()))
    assert (outcome.status, outcome.censor) == ("restored", "hole")
    assert fake.calls[0][2] == "hole"
