"""Pictures of a folder are found by suffix, in one order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inpaint.images import SUFFIXES, find


def test_pictures_are_listed_sorted_and_hidden_ones_skipped(tmp_path: Path):
    for name in ("b.PNG", "a.jpg", "note.txt", ".a.png", "sub/c.tiff", ".hidden/d.png", "sub/e.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [str(path.relative_to(tmp_path).as_posix()) for path in find(tmp_path)]
    assert names == ["a.jpg", "b.PNG", "sub/c.tiff", "sub/e.webp"]
    assert find(tmp_path, recursive=False) == [tmp_path / "a.jpg", tmp_path / "b.PNG"]
    assert find(tmp_path / "a.jpg") == [tmp_path / "a.jpg"]


def test_what_cannot_be_listed_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        find(tmp_path / "gone")
    (tmp_path / "a.txt").touch()
    with pytest.raises(ValueError, match=r"'\.txt', which is no picture: choose one of \.png"):
        find(tmp_path / "a.txt")


def test_suffixes_are_lower_case():
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)


def test_the_package_does_not_pull_in_images():
    code = "import inpaint, sys; assert 'inpaint.images' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
