"""Masks are found, outputs are named, inputs are safe, and one bad file never stops the rest."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from folder_pictures import BOX, LEVEL, Fake, load, noise, only, painted, save, white
from PIL import Image

from inpaint.folder import decensor
from inpaint.interrupt import go_on


def test_one_mask_serves_all_and_names_stay(tmp_path: Path):
    for name in ("a.png", "deep/er/b.bmp"):
        save(tmp_path / "in" / name, noise())
    save(tmp_path / "mask.png", white())
    outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "mask.png")
    outputs = [outcome.outputs for outcome in outcomes]
    assert outputs == [[tmp_path / "out" / "a.png"], [tmp_path / "out" / "deep" / "er" / "b.bmp"]]
    assert all(np.array_equal(load(path), painted(noise(), BOX, colour=(LEVEL,) * 3)) for (path,) in outputs)


def test_masks_of_a_folder_have_the_stem_or_the_stem_with_mask(tmp_path: Path):
    for name in ("a", "sub/b", "c", "gas_mask"):
        save(tmp_path / "in" / f"{name}.png", noise())
    for name in ("a.bmp", "sub/b_mask.png", "gas_mask.png"):
        save(tmp_path / "masks" / name, white())
    outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "masks")
    errors = {outcome.path.stem: outcome.error for outcome in outcomes}
    assert "has no mask" in str(errors.pop("c"))
    assert errors == {"a": None, "b": None, "gas_mask": None}


def test_masks_may_lie_beside_their_pictures(tmp_path: Path):
    save(tmp_path / "in" / "a.png", noise())
    save(tmp_path / "in" / "a_mask.png", white())
    save(tmp_path / "in" / "b.png", noise())
    save(tmp_path / "in" / "b.bmp", white())  # a picture of the same stem is no mask
    outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "in")
    assert [outcome.path.name for outcome in outcomes] == ["a.png", "b.bmp", "b.png"]
    assert [outcome.error is None for outcome in outcomes] == [True, False, False]


def test_an_empty_mask_and_a_mask_of_another_size_are_errors(tmp_path: Path):
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name, noise())
    save(tmp_path / "masks" / "a.png", noise() * 0)
    save(tmp_path / "masks" / "b.png", np.full((3, 3), 255, np.uint8))
    empty, small = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "masks")
    assert "marks nothing" in str(empty.error)
    assert "3 x 3" in str(small.error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("variations", "numbers"), [(1, "0"), (2, "01"), (4, "0123"), (8, "01234567")])
def test_variations_mirror_the_picture_and_are_numbered(tmp_path: Path, variations: int, numbers: str):
    save(tmp_path / "in" / "my picture.png", painted(noise(), BOX))
    fake = Fake()
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=fake, variations=variations))
    assert [path.name for path in outcome.outputs] == [f"my picture {number}.png" for number in numbers]
    assert all(path.is_file() for path in outcome.outputs)
    flips = [(False, False), (False, True), (True, False), (True, True)]  # top-bottom, left-right
    flips += [(*flip, True) for flip in flips]  # and laid on its side
    assert [call[4] for call in fake.calls] == flips[:variations]


def test_variations_of_masked_pictures_are_numbered_too(tmp_path: Path):
    save(tmp_path / "a.jpg", noise())
    save(tmp_path / "mask.png", white())
    job = {"restorer": Fake(), "masks": tmp_path / "mask.png", "variations": 2}
    outcome = only(decensor(tmp_path / "a.jpg", tmp_path / "out", **job))
    assert [path.name for path in outcome.outputs] == ["a 0.jpg", "a 1.jpg"]
    assert Image.open(outcome.outputs[0]).format == "JPEG"


def test_the_output_of_a_single_picture_may_be_its_name(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX))
    named = only(decensor(tmp_path / "a.png", tmp_path / "new" / "fixed.bmp", restorer=Fake()))
    assert named.outputs == [tmp_path / "new" / "fixed.bmp"]
    assert Image.open(named.outputs[0]).format == "BMP"
    again = only(decensor(tmp_path / "a.png", tmp_path / "new" / "fixed.bmp", restorer=Fake(), variations=2))
    assert [path.name for path in again.outputs] == ["fixed 0.bmp", "fixed 1.bmp"]


def test_same_stems_with_different_suffixes_do_not_collide(tmp_path: Path):
    for name in ("a.png", "a.bmp"):
        save(tmp_path / "in" / name, painted(noise(), BOX))
    outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake())
    assert {path.name for outcome in outcomes for path in outcome.outputs} == {"a 0.png", "a 0.bmp"}


def test_no_input_mask_or_original_is_overwritten(tmp_path: Path):
    save(tmp_path / "in" / "a.png", noise())
    save(tmp_path / "masks" / "a.png", white())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    for output in ("in", "masks"):
        outcome = only(decensor(tmp_path / "in", tmp_path / output, restorer=Fake(), masks=tmp_path / "masks"))
        assert "would be overwritten" in str(outcome.error)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.png")} == before


def test_no_output_replaces_another_input_or_an_earlier_output(tmp_path: Path):
    for name in ("a.png", "a 0.png"):
        save(tmp_path / "in" / name, painted(noise(), BOX))
    other, first = decensor(tmp_path / "in", tmp_path / "in", restorer=Fake())
    assert other.path.name == "a 0.png"
    assert other.outputs == [tmp_path / "in" / "a 0 0.png"]
    assert "would be overwritten" in str(first.error)
    for name in ("b.png", "b.bmp"):
        save(tmp_path / "painted" / name, painted(noise(), BOX))
    save(tmp_path / "clean" / "b.tif", noise())
    one, two = decensor(tmp_path / "painted", tmp_path / "out", restorer=Fake(), original=tmp_path / "clean")
    assert one.error is None
    assert "would be overwritten" in str(two.error)


@pytest.mark.parametrize("options", [{}, {"variations": 2}, {"dry_run": True}], ids=str)
def test_a_batch_whose_results_lie_beside_its_pictures_goes_on(options: dict, tmp_path: Path):
    for name in ("a.png", "b.png"):
        save(tmp_path / name, painted(noise(), BOX))
    first = decensor(tmp_path, tmp_path, restorer=Fake(), skip_existing=True, **options)
    assert [outcome.error for outcome in first] == [None, None]
    save(tmp_path / "c.png", painted(noise(), BOX))
    fake = Fake()
    second = decensor(tmp_path, tmp_path, restorer=fake, skip_existing=True, **options)
    assert [(it.path.name, it.error, it.status == "skipped") for it in second] == [
        ("a.png", None, True),
        ("b.png", None, True),
        ("c.png", None, False),
    ]
    assert len(fake.calls) == (0 if "dry_run" in options else options.get("variations", 1))


def test_a_name_that_is_too_long_is_said_before_the_work(tmp_path: Path):
    save(tmp_path / "in" / f"{'a' * 250}.png", painted(noise(), BOX))
    fake = Fake()
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=fake))
    assert "has 256 bytes, more than the 255 that a file system can hold" in str(outcome.error)
    assert fake.calls == []


def test_a_mask_of_another_size_is_refused_before_anything_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save(tmp_path / "a.png", noise())
    save(tmp_path / "mask.png", white()[:20])
    monkeypatch.setattr("inpaint.images.reading.decoded_still", lambda *_: pytest.fail("it was decoded"))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), masks=tmp_path / "mask.png"))
    assert "mask.png is a mask of 50 x 20 pixels, but its picture has 50 x 40" in str(outcome.error)


def test_what_is_being_worked_on_is_left_when_a_batch_is_interrupted(tmp_path: Path):
    for number in range(3):
        save(tmp_path / "in" / f"{number}.png", painted(noise() // (1 if number else 8), BOX))
    restorer = Waiting()

    def interrupt(*_: object) -> None:
        assert restorer.begun.wait(60), "the next picture is worked on"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decensor(tmp_path / "in", tmp_path / "out", restorer=restorer, jobs=2, progress=interrupt)
    assert restorer.left >= 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0 0.png"]


class Waiting(Fake):
    """A restorer that is quick with a dark picture, and works on others until its work is called off."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.begun = 0, threading.Event()

    def __call__(self, *arguments, **options):
        if arguments[0].median() < 0.2:
            return super().__call__(*arguments, **options)
        self.begun.set()
        try:
            for _ in range(1000):
                go_on()
                time.sleep(0.01)
        except BaseException:
            self.left += 1
            raise
        return super().__call__(*arguments, **options)


def test_folders_of_the_batch_inside_the_source_are_no_pictures_of_it(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX))
    save(tmp_path / "clean" / "a.png", noise())
    for _ in range(2):  # the second time there are outputs already
        outcomes = decensor(tmp_path, tmp_path / "out", restorer=Fake(), original=tmp_path / "clean")
        assert [outcome.path for outcome in outcomes] == [tmp_path / "a.png"]
        assert outcomes[0].error is None


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path):
    good = save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    shutil.copy(good, tmp_path / "in" / "c.png")
    (tmp_path / "in" / "b.png").write_bytes(good.read_bytes()[:400])
    (tmp_path / "in" / "d.jpg").write_bytes(b"")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    seen: list[tuple[str, int, int]] = []
    outcomes = decensor(
        tmp_path / "in",
        tmp_path / "out",
        restorer=Fake(),
        progress=lambda outcome, done, total: seen.append((outcome.path.name, done, total)),
    )
    assert [outcome.error is None for outcome in outcomes] == [True, False, True, False]
    assert all(outcome.path.name in str(outcome.error) for outcome in outcomes if outcome.error)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a 0.png", "c 0.png"]
    assert seen == [("a.png", 1, 4), ("b.png", 2, 4), ("c.png", 3, 4), ("d.jpg", 4, 4)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("this network never learned it"), "this network never learned it"),
        (RuntimeError("out of memory"), "RuntimeError: out of memory"),
        (KeyError("weight"), "KeyError: 'weight'"),
    ],
)
def test_a_fault_of_the_restorer_is_told_with_its_name(tmp_path: Path, error: Exception, sentence: str):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(error)))
    assert outcome.error is not None
    assert outcome.error.endswith(sentence)
    assert outcome.outputs == []


def test_an_interrupt_stops_the_batch(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    with pytest.raises(KeyboardInterrupt):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(KeyboardInterrupt()))  # pyright: ignore


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"censor": "blur"}, "'blur'"),
        ({"variations": 9}, "variations is '9', but must be 1, 2, 3, 4, 5, 6, 7 or 8"),
        ({"tolerance": 256}, "from 0 to 255"),
        ({"colour": (0, 300, 0)}, "from 0 to 255"),
        ({"block": (1, 8)}, "from 2 to 4096"),
        ({"original": Path("nowhere")}, "do not exist"),
        ({"masks": Path("nowhere")}, "do not exist"),
        ({"masks": Path("masks"), "tolerance": 3}, "masks say what is restored"),
    ],
)
def test_options_that_fit_no_file_are_refused(tmp_path: Path, options: dict, sentence: str):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    with pytest.raises((ValueError, FileNotFoundError), match=sentence):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), **options)


def test_originals_and_masks_exclude_each_other(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    with pytest.raises(ValueError, match="either originals or masks"):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), original=tmp_path, masks=tmp_path)


def test_a_source_without_pictures_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    with pytest.raises(ValueError, match="holds no pictures"):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake())
    with pytest.raises(FileNotFoundError):
        decensor(tmp_path / "nowhere", tmp_path / "out", restorer=Fake())


def test_an_output_that_is_a_file_is_refused_for_a_folder(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ValueError, match="must be a folder"):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake())


def test_a_wrong_suffix_is_said(tmp_path: Path):
    save(tmp_path / "in" / "a.jpg", painted(noise(), BOX), format="PNG")
    save(tmp_path / "in" / "b.png", painted(noise(), BOX))
    wrong, right = decensor(tmp_path / "in", tmp_path / "out", restorer=Fake())
    assert "a.jpg is a PNG file, but its name says JPEG" in str(wrong.note)
    assert right.note is None


def test_paths_may_be_strings(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    save(tmp_path / "original" / "a.png", noise())
    outcome = only(
        decensor(str(tmp_path / "in"), str(tmp_path / "out"), restorer=Fake(), original=str(tmp_path / "original"))
    )
    assert outcome.outputs == [tmp_path / "out" / "a 0.png"]


def test_a_block_that_is_not_used_is_said(tmp_path: Path):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    assert "block was not used" in str(
        only(decensor(tmp_path / "in", tmp_path / "1", restorer=Fake(), block=(8, 8))).note
    )
    assert only(decensor(tmp_path / "in", tmp_path / "2", restorer=Fake())).note is None
