"""Animated files are restored frame by frame."""

from __future__ import annotations

import gc
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import BOX, GRID, LARGE, LEVEL, Fake, load, mosaic, noise, only, painted, save, white
from PIL import Image

from inpaint import images
from inpaint.folder import decensor
from inpaint.folder.results import KnownParts
from inpaint.interrupt import CalledOff, stop_of_thread

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

    def __call__(self, *arguments, missed: list | None = None, flips: tuple[bool, ...], **how):
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


def long_animation(path: Path, count: int) -> None:
    """Frames of 300 x 300 px in which a dot moves far from a green box."""
    frame = painted(noise(300, 300) // 64 * 64, BOX)
    frames = []
    for number in range(count):
        shown = frame.copy()
        shown[280, 10 + number] = 9
        frames.append(images.Picture(shown))
    images.write_frames(images.Animation(tuple(frames), (40.0,) * count), path)


@pytest.mark.parametrize(("suffix", "variations"), [(".png", 1), (".webp", 1), (".gif", 1), (".gif", 2)])
def test_a_long_animation_holds_few_frames_and_tells_each(suffix: str, variations: int, tmp_path: Path):
    long_animation(tmp_path / "in" / f"a{suffix}", 12)
    held, told = [], []

    def tell(path: Path, done: int, total: int) -> None:
        told.append((path.name, done, total))
        if done in (6, 11):
            alive = [it for it in gc.get_objects() if type(it) is images.Picture and it.size == (300, 300)]
            held.append(len({id(it.colour) for it in alive}))

    how = {"restorer": Fake(), "frame_progress": tell, "variations": variations}
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", **how))
    assert (outcome.error, outcome.regions, len(outcome.outputs)) == (None, 12, variations)
    assert told == [(f"a{suffix}", number, 12) for number in range(1, 13)]
    assert max(held) <= 4 + 2 * variations
    for path in outcome.outputs:
        after = images.read_frames(path)
        assert after.durations == (40.0,) * 12
        assert all((frame.colour[BOX] == LEVEL).all() for frame in after.frames)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_what_stands_still_is_restored_once(suffix: str, tmp_path: Path):
    long_animation(tmp_path / "in" / f"a{suffix}", 5)
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=(fake := Fake())))
    assert (outcome.error, outcome.regions, len(fake.calls)) == (None, 5, 1)
    blinking = [noise(seed=1), noise(seed=2)]
    frames = tuple(images.Picture(painted(blinking[number % 2] // 64 * 64, BOX)) for number in range(8))
    images.write_frames(images.Animation(frames, (40.0,) * 8), tmp_path / "blinking" / f"a{suffix}")
    outcome = only(decensor(tmp_path / "blinking", tmp_path / "other", restorer=(fake := Fake())))
    assert (outcome.error, len(fake.calls)) == (None, 2)
    for old, new in zip(frames, images.read_frames(outcome.outputs[0]).frames, strict=True):
        assert np.array_equal(new.colour, painted(old.colour, BOX, colour=(LEVEL,) * 3))


def test_parts_that_are_long_unused_are_forgotten():
    parts = KnownParts(most=30)
    for number in range(4):
        parts.keep(bytes([number]), [np.zeros(10, np.uint8)])
        assert b"\0" in parts
        parts.get(b"\0")
    assert [bytes([number]) in parts for number in range(4)] == [True, False, True, True]


def test_an_animation_is_left_between_two_frames(tmp_path: Path):
    long_animation(tmp_path / "in" / "a.gif", 12)
    done: list[int] = []

    def tell(path: Path, number: int, total: int) -> None:
        done.append(number)
        if number == 3:
            stop_of_thread().set()

    with pytest.raises(CalledOff):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), frame_progress=tell)
    assert done == [1, 2, 3]
    assert not (tmp_path / "out").exists()


def test_a_frame_that_is_damaged_leaves_nothing(tmp_path: Path):
    long_animation(tmp_path / "in" / "a.png", 6)
    data = (tmp_path / "in" / "a.png").read_bytes()
    place = data.rindex(b"fdAT") + 12
    broken = data[:place] + bytes(4) + data[place + 4 :]
    chunk = broken[place - 12 : place - 12 + 4 + int.from_bytes(broken[place - 16 : place - 12], "big")]
    end = place - 12 + len(chunk)
    (tmp_path / "in" / "a.png").write_bytes(broken[:end] + zlib.crc32(chunk).to_bytes(4, "big") + broken[end + 4 :])
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert "a.png is damaged or cut off" in str(outcome.error)
    assert not (tmp_path / "out").exists()
