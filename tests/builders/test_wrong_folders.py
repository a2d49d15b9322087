"""A wrong or empty folder is told at once, with what is there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from builders.scenes import save, scene

from inpaint.builders.dataset import build_dataset
from inpaint.builders.inspection.inspect import inspect_dataset
from inpaint.builders.sources.collect import collect

KINDS = ("a.psd", "b.PSD", "sub/c.psd", "notes.txt")
SENTENCE = r"; 4 files of other kinds: \.psd 3, \.txt 1$"


@pytest.fixture
def others(tmp_path: Path) -> Path:
    for name in KINDS:
        path = tmp_path / "others" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"something")
    return tmp_path / "others"


def test_a_folder_without_pictures_says_what_it_holds_and_leaves_nothing(others: Path):
    with pytest.raises(ValueError, match=f"^no pictures in {others}{SENTENCE}"):
        build_dataset([others], others.parent / "set")
    assert [it.name for it in others.parent.iterdir()] == ["others"]
    with pytest.raises(ValueError, match=f"nor pictures that can be read{SENTENCE}"):
        inspect_dataset(others)


def test_an_empty_folder_says_so(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"^no pictures in .*/empty: there are no files at all; give a folder"):
        build_dataset([tmp_path / "empty"], tmp_path / "set")


def test_pictures_of_formats_that_are_not_read_are_counted(others: Path, tmp_path: Path):
    for seed in range(3):
        save(scene(seed), others / f"{seed}.png")
    report = build_dataset([others], tmp_path / "set", size=64, splits=(1, 0, 0), clean={"censored": None})
    assert report.notes == ("3 pictures of formats that are not read were passed over: .psd 3; convert them first.",)


@pytest.mark.parametrize("encoding", ["cp932", "gb18030", "utf-8"])
def test_names_in_zips_are_read_in_the_encoding_that_they_were_written_in(encoding: str, tmp_path: Path):
    name = "图片的名字.png" if encoding == "gb18030" else "しゃしん写真.png"
    save(scene(1), tmp_path / "a.png")
    raw = name.encode(encoding)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x" * len(raw), (tmp_path / "a.png").read_bytes())
    data = (tmp_path / "a.zip").read_bytes().replace(b"x" * len(raw), raw)
    (tmp_path / "a.zip").write_bytes(data)
    assert [it.name for it in collect([tmp_path / "a.zip"], tmp_path / "set")] == [f"a.zip/{name}"]


@pytest.mark.parametrize("verb", ["build-dataset", "inspect"])
def test_a_wrong_folder_is_told_before_torch_is_imported(verb: str, others: Path):
    """Importing torch takes a second or two, the rest a third of one; a loaded machine makes a clock no measure."""
    command = [verb, str(others), *(["-o", str(others.parent / "set")] if verb == "build-dataset" else [])]
    code = (
        "import sys; from inpaint.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: print(stop.code, 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "False"]
    assert "4 files of other kinds: .psd 3, .txt 1" in ran.stderr
