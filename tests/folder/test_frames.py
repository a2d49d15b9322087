"""Animated files are restored frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import BOX, GRID, LARGE, LEVEL, Fake, load, mosaic, noise, only, painted, save, white
from PIL import Image

from inpaint import images
from inpaint.folder import decensor

DURATIONS = (40.0, 70.0, 900.0)


def animation(*marked: int, seed: int = 0) -> images.Animation:
    """Three frames, painted where they are numbered."""
    pixels = [noise(seed=seed + number) // 64 * 64 for number in range(3)]
    frames = [painted(frame, BOX) if number in marked else frame for number, frame in enumerate(pixels)]
    return images.Animation(tuple(images.Picture(frame) for frame in frames), DURATIONS, 2)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_painted_frames_are_restored_and_the_others_kept(suffix: str, tmp_path: Path):
    source = animation(0, 2)
    images.write_frames(source, tmp_path / "in" / f"a{suffix}")
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=(fake := Fake())))
    assert (outcome.error, outcome.note, outcome.regions, outcome.status) == (None, None, 2, "restored")
    assert outcome.outputs == [tmp_path / "out" / f"a 0{suffix}"]
    assert len(fake.calls) == 2
    after = images.read_frames(outcome.outputs[0])
    assert (after.durations, after.plays) == (DURATIONS, 2)
    for number, (old, new) in enumerate(zip(source.frames, after.frames, strict=True)):
        expected = painted(old.colour, BOX, colour=(LEVEL,) * 3) if number != 1 else old.colour
        assert np.array_equal(new.colour, expected)


def test_unpainted_frames_come_from_the_original(tmp_path: Path):
    clean = animation(seed=7)
    images.write_frames(animation(1), tmp_path / "in" / "a.png")
    images.write_frames(clean, tmp_path / "original" / "a.gif")
    options = {"restorer": Fake(), "original": tmp_path / "original"}
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", **options))
    assert outcome.error is None
    after = images.read_frames(tmp_path / "out" / "a 0.gif")
    assert np.array_equal(after.frames[0].colour, clean.frames[0].colour)
    assert np.array_equal(after.frames[1].colour, painted(clean.frames[1].colour, BOX, colour=(LEVEL,) * 3))
    short = images.Animation(clean.frames[:2], DURATIONS[:2])
    images.write_frames(short, tmp_path / "original" / "a.gif")
    outcome = only(decensor(tmp_path / "in", tmp_path / "other", **options))
    assert outcome.error is not None
    assert "2 frames of 50 x 40 pixels, but the painted" in outcome.error


def test_one_mask_counts_for_all_frames_and_every_variation_is_an_animation(tmp_path: Path):
    images.write_frames(animation(), tmp_path / "in" / "a.webp")
    save(tmp_path / "masks" / "a.png", white())
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "masks", variations=2))
    assert [path.name for path in outcome.outputs] == ["a 0.webp", "a 1.webp"]
    for path in outcome.outputs:
        assert all((frame.colour[BOX] == LEVEL).all() for frame in images.read_frames(path).frames)


def test_frames_without_marks_are_an_error_or_copied(tmp_path: Path):
    images.write_frames(animation(), tmp_path / "in" / "a.gif")
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert outcome.error is not None
    assert "is exactly (0, 255, 0)" in outcome.error
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), on_empty="copy"))
    assert outcome.status == "copied"
    assert outcome.outputs[0].read_bytes() == (tmp_path / "in" / "a.gif").read_bytes()


class Missing(Fake):
    """Answers less well to pictures that are not mirrored, in other levels for each flip."""

    def __call__(self, *arguments, missed: list | None = None, flips: tuple[bool, bool], **how):
        if missed is not None:
            missed.append(torch.tensor([0.5 if flips == (False, False) else 0.1]))
        return super().__call__(*arguments, flips=flips, **how) + arguments[1] * 0.2 * flips[1]


def mosaics(suffix: str, folder: Path) -> images.Animation:
    """Three frames with a mosaic that moves, and its mask beside them."""
    frames = [mosaic(noise(80, 100, seed=number), GRID, LARGE) for number in range(3)]
    moving = images.Animation(tuple(images.Picture(frame) for frame in frames), DURATIONS)
    images.write_frames(moving, folder / "in" / f"a{suffix}")
    save(folder / "mask.png", painted(noise(80, 100) * 0, LARGE, colour=(255, 255, 255)))
    return images.read_frames(folder / "in" / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_the_best_variation_of_an_animation_is_its_first(suffix: str, tmp_path: Path):
    mosaics(suffix, tmp_path)
    how = {"masks": tmp_path / "mask.png", "block": (8, 8), "variations": 2}
    for best, levels in ((False, (LEVEL, 2 * LEVEL)), (True, (2 * LEVEL, LEVEL))):
        outcome = only(decensor(tmp_path / "in", tmp_path / f"{best}", restorer=Missing(), best=best, **how))
        assert (outcome.error, outcome.censor) == (None, "mosaic")
        for path, level in zip(outcome.outputs, levels, strict=True):
            assert all((frame.colour[LARGE] == level).all() for frame in images.read_frames(path).frames)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_what_nobody_marked_in_an_animation_is_found_in_each_frame(suffix: str, tmp_path: Path):
    bars = (slice(30, 44), slice(20, 70)), (slice(20, 34), slice(30, 80))
    pixels = [noise(80, 96, seed=number) // 64 * 32 + 80 for number in range(3)]
    shown = [painted(pixels[0], bars[0], colour=(0, 0, 0)), painted(pixels[1], bars[1], colour=(0, 0, 0)), pixels[2]]
    frames = tuple(images.Picture(frame) for frame in shown)
    images.write_frames(images.Animation(frames, DURATIONS), tmp_path / "in" / f"a{suffix}")
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), censor="auto"))
    assert (outcome.error, outcome.censor, outcome.regions) == (None, "hole", 2)
    after = [frame.colour for frame in images.read_frames(outcome.outputs[0]).frames]
    for bar, old, new in zip(bars, shown, after, strict=False):
        assert np.array_equal(new, painted(old, bar, colour=(LEVEL,) * 3))
    assert np.array_equal(after[2], shown[2])


@pytest.mark.parametrize("on_empty", ["error", "skip", "copy"])
def test_an_animation_in_which_nothing_is_found_ends_as_the_batch_asks(on_empty: str, tmp_path: Path):
    images.write_frames(animation(), tmp_path / "in" / "a.gif")
    options = {"restorer": Fake(), "censor": "auto", "on_empty": on_empty}
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", **options))
    assert outcome.status == {"error": "failed", "skip": "skipped", "copy": "copied"}[on_empty]
    assert ("nothing censored was found" in str(outcome.error)) is (on_empty == "error")


def test_a_dry_run_shows_the_first_marked_frame(tmp_path: Path):
    images.write_frames(animation(1), tmp_path / "in" / "a.gif")
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), dry_run=True))
    assert outcome.status == "seen"
    assert load(outcome.outputs[0]).shape == (40, 50, 3)


def test_pages_are_refused(tmp_path: Path):
    pages = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green")]
    (tmp_path / "in").mkdir()
    pages[0].save(tmp_path / "in" / "a.tif", save_all=True, append_images=pages[1:])
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert outcome.error is not None
    assert "holds 2 pages, but a single picture is needed" in outcome.error
