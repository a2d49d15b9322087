from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders import dataset as dataset_module
from inpaint.builders.dataset import build_dataset
from inpaint.builders.work.store import Store
from inpaint.builders.work.work_folder import open_store, work_folder
from inpaint.builders.writing import bake as bake_module
from inpaint.builders.writing import write as write_module

SIZE = 32
CENSOR = {"mask": {"name": "boxes", "sides": [8, 16]}, "fill": {"name": "mosaic", "block": 4}}


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty noisy pictures, a copy, a smaller copy, and one that is cut off."""
    folder = tmp_path_factory.mktemp("resume") / "pictures"
    folder.mkdir()
    for seed in range(40):
        cells = np.random.default_rng(seed).integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(cells).resize((72, 60), Image.Resampling.BICUBIC).save(folder / f"{seed:02}.png")
    (folder / "copy.png").write_bytes((folder / "07.png").read_bytes())
    Image.open(folder / "08.png").resize((60, 50)).save(folder / "smaller.png")
    (folder / "cut.png").write_bytes((folder / "09.png").read_bytes()[:900])
    return folder


def build(pictures: Path, output: Path, **options):
    return build_dataset([pictures], output, **{"size": SIZE, "splits": (0.5, 0.3, 0.2), **options})


def contents(dataset: Path) -> dict[str, bytes]:
    return {str(file.relative_to(dataset)): file.read_bytes() for file in dataset.rglob("*") if file.is_file()}


def killed_at(call: int, function):
    """Return the function, which is killed when it is called for the so-manieth time."""
    calls = 0

    def wrapped(*arguments, **keywords):
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return function(*arguments, **keywords)

    return wrapped


def test_a_build_killed_by_a_signal_goes_on_and_gives_the_same_bytes(pictures: Path, tmp_path: Path):
    build(pictures, tmp_path / "whole")
    command = [sys.executable, "-m", "inpaint", "build-dataset", pictures, "-o", tmp_path / "set", "--size", str(SIZE)]
    command += ["--splits", "0.5,0.3,0.2", "--processes", "2"]
    quiet = subprocess.DEVNULL
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen(list(map(str, command)), env=environment, stdout=quiet, stderr=quiet)
    staged = work_folder(tmp_path / "set") / "staging"
    while killed.poll() is None and len(list(staged.glob("*/*.png"))) < 40:
        time.sleep(0.002)
    assert killed.poll() is None, "it ended before it could be killed"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "set").exists()
    calls: list[int] = []
    build(pictures, tmp_path / "set", progress=lambda done, total: calls.append(done))
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    assert not work_folder(tmp_path / "set").exists()
    assert calls == list(range(calls[0], 44))


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        (dataset_module, "examine_picture", 20),
        (dataset_module, "judge_pictures", 1),
        (write_module, "_place", 50),
        (bake_module, "bake_file", 9),
        (write_module, "contact_sheet", 1),
        (write_module, "pack_dataset", 1),
        (dataset_module, "finish_dataset", 1),
    ],
)
def test_a_build_killed_anywhere_goes_on(
    module, name: str, call: int, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    options = {"censor": CENSOR, "store": {"format": "shards", "shard_size": 20}}
    build(pictures, tmp_path / "whole", **options)
    with monkeypatch.context() as patched:
        patched.setattr(module, name, killed_at(call, getattr(module, name)))
        with pytest.raises(Killed):
            build(pictures, tmp_path / "set", **options)
    assert not (tmp_path / "set").exists()
    examined = []
    build(pictures, tmp_path / "set", progress=lambda done, total: examined.append(done), **options)
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")
    assert examined == (list(range(17, 44)) if name == "examine_picture" else [])


def test_packing_killed_among_its_removals_goes_on(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    options = {"censor": CENSOR, "store": {"format": "shards", "shard_size": 20}}
    build(pictures, tmp_path / "whole", **options)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed_at(60, Path.unlink))
        with pytest.raises(Killed):
            build(pictures, tmp_path / "set", **options)
    build(pictures, tmp_path / "set", **options)
    assert contents(tmp_path / "set") == contents(tmp_path / "whole")


@pytest.fixture
def begun(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output whose build was killed."""
    with monkeypatch.context() as patched:
        patched.setattr(dataset_module, "judge_pictures", killed_at(1, dataset_module.judge_pictures))
        with pytest.raises(Killed):
            build(pictures, tmp_path / "set")
    return tmp_path / "set"


def test_another_command_is_refused_and_told_what_differs(pictures: Path, begun: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"clean\.blur was 8\.0 and is null.*--restart") as error:
        build(pictures, begun, clean={"blur": None})
    assert "seed" not in str(error.value)
    with pytest.raises(ValueError, match="sources was"):
        build_dataset([pictures / "01.png"], begun, size=SIZE, splits=(0.5, 0.3, 0.2))


def test_other_pictures_are_refused_until_restarted(pictures: Path, begun: Path):
    added = pictures / "added.png"
    Image.effect_noise((64, 64), 90).save(added)
    try:
        with pytest.raises(ValueError, match="have changed since"):
            build(pictures, begun)
        (work_folder(begun) / "downloads").mkdir()
        calls: list[int] = []
        build(pictures, begun, restart=True, progress=lambda done, total: calls.append(done))
    finally:
        added.unlink()
    assert calls[0] == 1


def test_two_builds_do_not_work_in_one_folder(pictures: Path, begun: Path):
    store = Store(work_folder(begun))
    try:
        for restart in (False, True):
            with pytest.raises(ValueError, match="another build is using"):
                build(pictures, begun, restart=restart)
    finally:
        store.close()


def test_restarting_keeps_downloads(tmp_path: Path):
    open_store(tmp_path / "set", {"size": 1}).close()
    (tmp_path / "set.building" / "downloads").mkdir()
    open_store(tmp_path / "set", {"size": 2}, restart=True).close()
    assert (tmp_path / "set.building" / "downloads").is_dir()


def test_a_damaged_database_is_told(tmp_path: Path):
    (tmp_path / "set.building").mkdir()
    (tmp_path / "set.building" / "store.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(ValueError, match="damaged database"):
        open_store(tmp_path / "set", {})
