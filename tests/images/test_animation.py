"""Animations are read as full frames and written back with the same frames, times and plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.images import Animation, Picture, is_animated, read, read_frames, write, write_frames
from inpaint.images.encoders import png_of
from inpaint.images.png_parts import png_chunks

SIZE = (24, 33)
RNG = np.random.default_rng(0)
BOX = (slice(5, 11), slice(7, 20))
DURATIONS = (40.0, 70.0, 70.0, 1000.0, 30.0)


def moving(channels: int = 3, kind: type = np.uint8, *, clear: bool = False) -> list[Picture]:
    """Five frames; between the third and the fourth nothing changes."""
    peak = np.iinfo(kind).max
    frames = [RNG.integers(0, peak + 1, (*SIZE, channels), kind) for _ in range(4)]
    frames[1][8:] = frames[0][8:]  # small changes
    frames[2][:, 5:] = frames[1][:, 5:]
    frames.insert(2, frames[2])
    alphas = [None if not clear else RNG.choice(np.array([0, peak // 2, peak], kind), SIZE) for _ in frames]
    return [Picture(frame, alpha) for frame, alpha in zip(frames, alphas, strict=True)]


def restored(animation: Animation) -> Animation:
    mask = torch.zeros(1, *SIZE)
    mask[0, BOX[0], BOX[1]] = 1
    frames = tuple(
        frame.restored(torch.full((3, *SIZE), 0.2 + number / 10), mask) for number, frame in enumerate(animation.frames)
    )
    return replace(animation, frames=frames)


def check(before: Animation, after: Animation) -> None:
    """Same times; the same pixels but in the box, which has one level in each frame."""
    assert after.durations == before.durations
    assert after.plays == before.plays
    known = np.ones(SIZE, bool)
    known[BOX] = False
    for number, (old, new) in enumerate(zip(before.frames, after.frames, strict=True)):
        seen = known if old.alpha is None else known & (old.alpha > 0)
        assert new.colour.dtype == old.colour.dtype
        assert np.array_equal(new.colour[seen], old.colour[seen])
        assert (old.alpha is None) == (new.alpha is None)
        assert np.array_equal(new.alpha, old.alpha)  # type: ignore
        level = round((0.2 + number / 10) * old.peak)
        shown = np.ones(SIZE, bool)[BOX] if old.alpha is None else old.alpha[BOX] > 0
        assert (np.abs(new.colour[BOX][shown].astype(int) - level) <= 1).all()


@pytest.mark.parametrize("plays", [0, 3])
@pytest.mark.parametrize(
    ("channels", "kind", "clear"),
    [(3, np.uint8, False), (3, np.uint8, True), (1, np.uint8, False), (1, np.uint16, True), (3, np.uint16, False)],
)
def test_animated_png_of_every_kind_comes_back(channels: int, kind: type, clear: bool, plays: int, tmp_path: Path):
    source = Animation(tuple(moving(channels, kind, clear=clear)), DURATIONS, plays)
    assert write_frames(source, tmp_path / "a.png") is None
    animation = read_frames(tmp_path / "a.png")
    for before, after in zip(source.frames, animation.frames, strict=True):
        assert np.array_equal(before.colour, after.colour)
    assert write_frames(restored(animation), tmp_path / "b.png") is None
    check(animation, read_frames(tmp_path / "b.png"))
    with Image.open(tmp_path / "b.png") as opened:
        assert opened.n_frames == 5  # type: ignore
        assert opened.info["loop"] == plays
        if kind is np.uint8:
            for number, frame in enumerate(read_frames(tmp_path / "b.png").frames):
                opened.seek(number)
                seen = np.ones(SIZE, bool) if frame.alpha is None else frame.alpha > 0
                rgb = np.array(opened.convert("RGBA"))[seen]
                assert np.array_equal(rgb[:, :3], np.broadcast_to(frame.colour, (*SIZE, 3))[seen])


@pytest.mark.parametrize("clear", [False, True])
def test_lossless_animated_webp_comes_back(clear: bool, tmp_path: Path):
    source = Animation(tuple(moving(clear=clear)), DURATIONS, 2)
    assert write_frames(source, tmp_path / "a.webp") is None
    animation = read_frames(tmp_path / "a.webp")
    assert all(frame.lossless for frame in animation.frames)
    write_frames(restored(animation), tmp_path / "b.webp")
    check(animation, read_frames(tmp_path / "b.webp"))
    with Image.open(tmp_path / "b.webp") as opened:
        assert opened.n_frames == 5  # type: ignore
        assert opened.info["loop"] == 2


def test_a_lossy_animated_webp_stays_lossy_and_like_itself(tmp_path: Path):
    smooth = np.add.outer(np.arange(24), np.arange(33)).astype(np.uint8)[:, :, None].repeat(3, 2)
    frames = [Image.fromarray(smooth * factor) for factor in (1, 2, 3)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], duration=[30, 40, 50], quality=80)
    animation = read_frames(tmp_path / "a.webp")
    write_frames(animation, tmp_path / "b.webp")
    again = read_frames(tmp_path / "b.webp")
    assert again.durations == animation.durations == (30, 40, 50)
    assert not again.frames[0].lossless
    for before, after in zip(animation.frames, again.frames, strict=True):
        assert np.abs(before.colour.astype(int) - after.colour).mean() < 3


def test_animated_gif_comes_back(tmp_path: Path):
    frames = [Image.fromarray(picture.colour[:, :, :3]).quantize(100) for picture in moving()]
    times: dict[str, Any] = {"duration": [40, 70, 80, 1000, 30], "loop": 0}
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], comment=b"hello", **times)
    animation = read_frames(tmp_path / "a.gif")
    assert write_frames(restored(animation), tmp_path / "b.gif") is None
    again = read_frames(tmp_path / "b.gif")
    check(animation, again)
    assert again.frames[0].comment == b"hello"
    with Image.open(tmp_path / "a.gif") as before, Image.open(tmp_path / "b.gif") as after:
        assert after.n_frames == before.n_frames  # type: ignore
        assert after.info["loop"] == 0


@pytest.mark.parametrize("colours", [2, 10, 200])
def test_a_palette_of_an_animated_png_stays_one(colours: int, tmp_path: Path):
    whole = Image.fromarray(np.concatenate([picture.colour for picture in moving()])).quantize(colours)
    stills = []
    for number in (0, 1, 2, 4):
        whole.crop((0, 24 * number, 33, 24 * number + 24)).save(tmp_path / "still.png")
        stills.append(read(tmp_path / "still.png"))
    write_frames(Animation(tuple(stills), (20.0, 30.0, 40.0, 50.0), 1), tmp_path / "a.png")
    animation = read_frames(tmp_path / "a.png")
    assert len(animation.frames) == 4
    assert write_frames(restored(animation), tmp_path / "b.png") is None
    check(animation, read_frames(tmp_path / "b.png"))
    assert (tmp_path / "b.png").read_bytes()[25] == 3
    with Image.open(tmp_path / "b.png") as opened:
        assert opened.mode == "P"
        for number, frame in enumerate(read_frames(tmp_path / "b.png").frames):
            opened.seek(number)
            assert np.array_equal(np.array(opened.convert("RGB")), frame.colour)


def test_disposal_and_blending_of_pngs_are_as_pillow_draws_them(tmp_path: Path):
    alphas = [RNG.choice(np.array([0, 255], np.uint8), SIZE) for _ in range(5)]  # Pillow errs where it is between
    frames = [Image.fromarray(np.dstack([p.colour, a])) for p, a in zip(moving(), alphas, strict=True)]
    for disposal in (0, 1, 2):
        for blend in (0, 1):
            options: dict[str, Any] = {"duration": 50, "disposal": disposal, "blend": blend}
            frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], **options)
            with Image.open(tmp_path / "a.png") as opened:
                for number, frame in enumerate(read_frames(tmp_path / "a.png").frames):
                    opened.seek(number)
                    assert frame.alpha is not None
                    drawn = np.dstack([frame.colour, frame.alpha]).astype(int)
                    away = np.abs(np.array(opened.convert("RGBA")) - drawn)[frame.alpha > 0]
                    assert away.max() <= 2, (disposal, blend, number)


def test_metadata_stands_beside_an_animation(tmp_path: Path):
    frames = [replace(picture, icc=b"", xmp=None) for picture in moving()]
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    frames[0] = replace(
        frames[0], exif=exif.tobytes()[6:], xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", text={"a": "b"}, dpi=(72, 72)
    )
    for suffix in (".png", ".webp"):
        write_frames(Animation(tuple(frames), DURATIONS), tmp_path / f"a{suffix}")
        first = read_frames(tmp_path / f"a{suffix}").frames[0]
        assert first.exif == frames[0].exif
        assert first.xmp == frames[0].xmp
        if suffix == ".png":
            assert first.text == {"a": "b"}
            assert first.dpi == pytest.approx((72, 72), abs=0.02)


def test_stills_and_animations_are_told_apart(tmp_path: Path):
    for suffix in (".png", ".webp", ".gif"):
        picture = Picture(moving()[0].colour // 64 * 64)
        write(picture, tmp_path / f"still{suffix}")
        write_frames(Animation((picture, picture), (50.0, 60.0)), tmp_path / f"moving{suffix}")
        assert not is_animated(tmp_path / f"still{suffix}")
        assert is_animated(tmp_path / f"moving{suffix}")
        with pytest.raises(ValueError, match="is not animated"):
            read_frames(tmp_path / f"still{suffix}")
        with pytest.raises(ValueError, match="holds 2 frames, but a single picture"):
            read(tmp_path / f"moving{suffix}")
        with pytest.raises(ValueError, match="2 times 33 x 24 pixels, more than the limit of 1000"):
            read_frames(tmp_path / f"moving{suffix}", limit=1000)
    assert not is_animated(tmp_path / "gone.gif")


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_a_cut_off_animation_is_refused(suffix: str, tmp_path: Path):
    frames = tuple(Picture(picture.colour // 64 * 64) for picture in moving())
    write_frames(Animation(frames, DURATIONS), tmp_path / f"a{suffix}")
    whole = (tmp_path / f"a{suffix}").read_bytes()
    for share in (0.3, 0.6, 0.9, 0.999):
        with pytest.raises(ValueError, match="damaged or cut off"):
            read_frames(f"a{suffix}", data=whole[: int(len(whole) * share)])


def test_a_png_whose_still_is_no_frame_loses_it_with_a_word(tmp_path: Path):
    frames = [Image.fromarray(picture.colour) for picture in moving()]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:3], default_image=True)
    animation = read_frames(tmp_path / "a.png")
    assert len(animation.frames) == 2
    assert write_frames(animation, tmp_path / "b.png") == "its separate still image, which is no frame, was left out"


def test_a_frame_beyond_the_canvas_and_a_missing_frame_are_refused(tmp_path: Path):
    write_frames(Animation(tuple(moving()), DURATIONS), tmp_path / "a.png")
    chunks = list(png_chunks((tmp_path / "a.png").read_bytes()))
    wide = png_of((name, data[:4] + b"\0\0\1\0" + data[8:] if name == b"fcTL" else data) for name, data in chunks)
    with pytest.raises(ValueError, match="reaches beyond the canvas"):
        read_frames("a.png", data=wide)
    few = png_of(chunk for number, chunk in enumerate(chunks) if number not in (4, 5))
    with pytest.raises(ValueError, match="chunks are not whole"):
        read_frames("a.png", data=few)


def test_formats_without_animation_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"cannot hold 5 frames: choose \.gif, \.webp or \.png"):
        write_frames(Animation(tuple(moving()), DURATIONS), tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="frames of different sizes"):
        write_frames(Animation((moving()[0], Picture(np.zeros((2, 2, 3), np.uint8))), (1.0, 1.0)), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
