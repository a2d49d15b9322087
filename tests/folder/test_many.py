"""Batches as people run them: gone on with, several files at once, over ranks, told about, only looked at."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from folder_pictures import BOX, GRID, LARGE, Fake, load, mosaic, noise, only, painted, save, white
from PIL import Image
from torch import Tensor

from inpaint.folder import Outcome, decensor
from inpaint.folder.batch_report import write_outcomes, write_outcomes_page
from inpaint.mosaic.grid import Grid

ROOT = Path(__file__).resolve().parents[2]


def files(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder, hidden files too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def painted_folder(folder: Path, count: int = 6) -> Path:
    for number in range(count):
        save(folder / f"{number % 2}" / f"{number}.png", painted(noise(seed=number), BOX))
    return folder


def test_what_exists_is_skipped_when_asked_and_else_overwritten(tmp_path: Path):
    source, out = painted_folder(tmp_path / "in", 3), tmp_path / "out"
    save(out / "1" / "1 0.png", noise(seed=9))
    kept = files(out)["1/1 0.png"]
    first, second, third = decensor(source, out, restorer=(fake := Fake()), skip_existing=True)
    assert [first.status, second.status, third.status] == ["restored", "restored", "skipped"]
    assert (third.path.name, third.note, third.error) == ("1.png", "its output exists", None)
    assert len(fake.calls) == 2
    assert files(out)["1/1 0.png"] == kept
    assert {it.status for it in decensor(source, out, restorer=Fake())} == {"restored"}
    assert files(out)["1/1 0.png"] != kept


@pytest.mark.parametrize("variations", [1, 2])
def test_a_picture_is_only_skipped_when_all_its_outputs_exist(tmp_path: Path, variations: int):
    save(tmp_path / "a.png", painted(noise(), BOX))
    save(tmp_path / "out" / "a 0.png", noise())
    outcome = only(
        decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), skip_existing=True, variations=variations)
    )
    assert outcome.status == {1: "skipped", 2: "restored"}[variations]


def test_a_picture_without_marks_is_an_error_copied_or_skipped(tmp_path: Path):
    plain = save(tmp_path / "in" / "sub" / "plain.png", noise(), dpi=(300, 300))
    save(tmp_path / "in" / "painted.png", painted(noise(), BOX))

    def ended(on_empty: str) -> Outcome:
        one, other = decensor(tmp_path / "in", tmp_path / on_empty, restorer=Fake(), on_empty=on_empty)
        assert one.status == "restored"
        return other

    assert (ended("error").status, "nor near it" in str(ended("error").error)) == ("failed", True)
    assert (ended("skip").status, ended("skip").outputs) == ("skipped", [])
    assert str(ended("skip").note).startswith("nothing is marked: no pixel of ")
    copied = ended("copy")
    assert (copied.status, copied.error) == ("copied", None)
    assert copied.outputs == [tmp_path / "copy" / "sub" / "plain 0.png"]
    assert copied.outputs[0].read_bytes() == plain.read_bytes()


def test_an_empty_mask_copies_the_picture_itself(tmp_path: Path):
    picture = save(tmp_path / "a.jpg", noise())
    save(tmp_path / "mask.png", noise() * 0)
    job = {"restorer": Fake(), "masks": tmp_path / "mask.png", "on_empty": "copy"}
    outcome = only(decensor(picture, tmp_path / "out", **job))
    assert outcome.outputs == [tmp_path / "out" / "a.jpg"]
    assert outcome.outputs[0].read_bytes() == picture.read_bytes()


class Slow(Fake):
    """A restorer that takes its time and notices who calls it."""

    def __init__(self):
        super().__init__()
        self.threads = set()

    def __call__(self, image: Tensor, mask: Tensor, **options) -> Tensor:
        self.threads.add(threading.get_ident())
        time.sleep(0.02)
        return super().__call__(image, mask, **options)


def test_several_at_once_write_the_same_in_the_same_order(tmp_path: Path):
    source = painted_folder(tmp_path / "in", 8)
    (source / "broken.png").write_bytes(b"no picture")
    told: list[tuple[str, int, int]] = []
    alone = decensor(source, tmp_path / "one", restorer=Fake())
    together = decensor(
        *(source, tmp_path / "four"),
        restorer=(slow := Slow()),
        jobs=4,
        progress=lambda outcome, done, count: told.append((outcome.path.name, done, count)),
    )
    assert files(tmp_path / "one") == files(tmp_path / "four")
    assert [it.path for it in together] == [it.path for it in alone]
    assert [it.error for it in together] == [it.error for it in alone]
    assert told == [(it.path.name, place, 9) for place, it in enumerate(alone, 1)]
    assert len(slow.threads) > 1


class Counting(Fake):
    """Notes with how many threads of torch it is called."""

    def __init__(self):
        super().__init__()
        self.threads: list[int] = []

    def __call__(self, image: Tensor, mask: Tensor, **options) -> Tensor:
        self.threads.append(torch.get_num_threads())
        return super().__call__(image, mask, **options)


@pytest.mark.parametrize(
    ("jobs", "count", "share"), [(1, 9, 6), (2, 9, 6), (3, 9, 3), (4, 9, 3), (5, 30, 2), (3, 7, 6)]
)
def test_jobs_share_the_threads_of_torch_and_give_them_back(jobs: int, count: int, share: int, tmp_path: Path):
    source, counting, before = painted_folder(tmp_path / "in", count), Counting(), torch.get_num_threads()
    torch.set_num_threads(6)
    try:
        decensor(source, tmp_path / "out", restorer=counting, jobs=jobs)
        with ThreadPoolExecutor(1) as pool:  # a thread that is new has what torch was last told
            assert [torch.get_num_threads(), pool.submit(torch.get_num_threads).result()] == [6, 6]
    finally:
        torch.set_num_threads(before)
    assert counting.threads == [share] * count


def test_a_missing_mask_marks_nothing(tmp_path: Path):
    for name in ("one.png", "other.png"):
        save(tmp_path / "in" / name, noise())
    save(tmp_path / "masks" / "one.png", white())
    job = {"restorer": Fake(), "masks": tmp_path / "masks"}
    _, other = decensor(tmp_path / "in", tmp_path / "out", **job)
    assert "holds neither other_mask.* nor a mask other.*" in str(other.error)
    _, other = decensor(tmp_path / "in", tmp_path / "copied", **job, on_empty="copy")
    assert (other.status, other.error) == ("copied", None)
    assert other.outputs[0].read_bytes() == other.path.read_bytes()


def test_a_dry_run_draws_what_it_found_and_restores_nothing(tmp_path: Path):
    pixels = noise(96, 120)
    save(tmp_path / "in" / "a.png", painted(pixels, LARGE))
    save(tmp_path / "in" / "plain.png", pixels)
    save(tmp_path / "clean" / "a.png", mosaic(pixels, GRID, LARGE))
    save(tmp_path / "clean" / "plain.png", pixels)
    seen, plain = decensor(
        tmp_path / "in", tmp_path / "out", restorer=(fake := Fake()), original=tmp_path / "clean", dry_run=True
    )
    assert (seen.status, seen.censor, plain.status) == ("seen", "mosaic", "failed")
    assert fake.calls == []
    assert list(files(tmp_path / "out")) == ["a overlay.png"]
    drawn, shown = load(tmp_path / "out" / "a overlay.png"), mosaic(pixels, GRID, LARGE)
    changed = (drawn != shown).any(2)
    inner = (slice(LARGE[0].start + 8, LARGE[0].stop - 8), slice(LARGE[1].start + 60, LARGE[1].stop - 8))
    assert changed[inner].mean() > 0.99
    assert not changed[80:].any()  # below the mark


def test_reports_tell_every_picture(tmp_path: Path):
    source = painted_folder(tmp_path / "in", 2)
    (source / "broken <b>.png").write_bytes(b"no picture")
    outcomes = decensor(source, tmp_path / "out", restorer=Fake(), thumbnails=True)
    write_outcomes(outcomes, tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert told["counts"] == {"restored": 2, "failed": 1}
    one, _, failed = told["pictures"]
    assert (one["regions"], one["censor"], one["status"]) == (1, "hole", "restored")
    assert one["outputs"] == [str(tmp_path / "out" / "0" / "0 0.png")]
    assert one["seconds"] > 0
    assert "broken <b>.png is not a picture" in failed["error"]
    write_outcomes_page(outcomes, tmp_path / "report.html", title="Mine")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("<img") == 4
    assert "broken &lt;b&gt;.png" in page
    assert "must not be used to\nidentify anyone" in page


def test_thumbnails_show_the_damaged_place_before_and_after(tmp_path: Path):
    pixels = np.full((600, 800, 3), 200, np.uint8)
    save(tmp_path / "a.png", painted(pixels, (slice(300, 340), slice(500, 560))))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), thumbnails=True))
    (tmp_path / "before.jpg").write_bytes(outcome.thumbnails[0])
    (tmp_path / "after.jpg").write_bytes(outcome.thumbnails[1])
    before, after = load(tmp_path / "before.jpg").astype(int), load(tmp_path / "after.jpg").astype(int)
    assert before.shape == after.shape == (40 + 96, 60 + 96, 3)
    assert abs(before[68, 78] - (0, 255, 0)).max() < 12
    assert abs(after[68, 78] - 51).max() < 12
    assert abs(before[10, 10] - 200).max() < 12


SCRIPT = """
import sys, time, torch
from inpaint.folder import decensor

class Slow:
    calls = 0

    def __call__(self, image, mask, **options):
        Slow.calls += 1
        time.sleep(float(sys.argv[3]))
        return torch.where(mask > 0, torch.tensor(0.2), image)

outcomes = decensor(sys.argv[1], sys.argv[2], restorer=Slow(), skip_existing=True, jobs=2)
print(Slow.calls, *(f"{it.path.name}:{it.status}" for it in outcomes))
"""


def started(*arguments: object, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_batch_that_was_killed_goes_on_and_ends_alike(tmp_path: Path):
    source = painted_folder(tmp_path / "in", 6)
    process = started(source, tmp_path / "out", 0.5)
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "out").rglob("[!.]*.png"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = list((tmp_path / "out").rglob("[!.]*.png"))
    assert 2 <= len(there) < 6
    for path in there:
        Image.open(path).load()  # whole
    out, _ = started(source, tmp_path / "out", 0).communicate()
    assert out.count("skipped") == len(there)
    assert out.count("restored") == 6 - len(there)
    decensor(source, tmp_path / "once", restorer=Fake())
    visible = {name: data for name, data in files(tmp_path / "out").items() if not Path(name).name.startswith(".")}
    assert visible == files(tmp_path / "once")


def test_ranks_share_a_folder_and_all_know_all_outcomes(tmp_path: Path):
    source = painted_folder(tmp_path / "in", 5)
    (source / "broken.png").write_bytes(b"no picture")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    ranks = [started(source, tmp_path / "out", 0, **shared, RANK=str(rank), LOCAL_RANK=str(rank)) for rank in range(2)]
    said = [rank.communicate(timeout=300)[0].split() for rank in ranks]
    assert [int(words[0]) for words in said] == [3, 2]
    assert said[0][1:] == said[1][1:]
    alone = decensor(source, tmp_path / "once", restorer=Fake())
    assert said[0][1:] == [f"{it.path.name}:{it.status}" for it in alone]
    assert files(tmp_path / "out") == files(tmp_path / "once")


def test_where_nothing_is_marked_auto_restores_what_it_finds(tmp_path: Path):
    smooth = cv2.resize(noise(20, 26, seed=1), (208, 160), interpolation=cv2.INTER_CUBIC)
    box = (slice(32, 112), slice(48, 144))
    save(tmp_path / "in" / "censored.png", mosaic(smooth, Grid((8, 8), (0, 0)), box))
    save(tmp_path / "in" / "clean.png", smooth)
    save(tmp_path / "in" / "painted.png", painted(smooth, BOX))
    job = {"restorer": (fake := Fake()), "censor": "auto"}
    found, clean, marked = decensor(tmp_path / "in", tmp_path / "out", **job)
    assert (found.status, found.censor, found.regions) == ("restored", "mosaic", 1)
    assert (clean.status, marked.status, marked.censor) == ("failed", "restored", "hole")
    assert "; nothing censored was found" in str(clean.error)
    _, mask, censor, grid, _ = fake.calls[0]
    assert (censor, grid and grid.block) == ("mosaic", (8, 8))
    assert mask.sum() == 80 * 96
    restored = load(found.outputs[0])
    assert np.array_equal(restored[:32], smooth[:32])
    assert {it.status for it in decensor(tmp_path / "in", tmp_path / "other", restorer=Fake())} == {
        "failed",
        "restored",
    }
    assert not (tmp_path / "other" / "censored 0.png").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"on_empty": "cry"}, "on_empty is 'cry', but must be error, copy or skip"),
        ({"jobs": 0}, "jobs is 0, but at least 1 picture"),
    ],
)
def test_options_of_batches_that_mean_nothing_are_refused(tmp_path: Path, options: dict, sentence: str):
    save(tmp_path / "in" / "a.png", painted(noise(), BOX))
    with pytest.raises(ValueError, match=sentence):
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), **options)
