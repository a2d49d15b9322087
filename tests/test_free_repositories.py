"""Pictures come from a repository at one commit, with a licence record; built on a tiny repository made here."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 Somebody
License: GPL-3+

Files: art/tree*.png
Copyright: 2021 A Photographer
License: CC0
"""


@pytest.fixture(scope="module")
def script() -> Any:
    """The script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("free_repositories")
    finally:
        sys.path.pop(0)


def git(folder: Path, *words: str) -> str:
    """Run git as nobody in particular, with no settings of this machine."""
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def mirror(tmp_path: Path) -> tuple[Path, str]:
    """A mirror with one repository of four pictures, and its first commit."""
    repository = tmp_path / "mirror" / "owner+name" / "repo"
    (repository / "art").mkdir(parents=True)
    (repository / "debian").mkdir()
    (repository / "debian/copyright").write_text(COPYRIGHT)
    for number, name in enumerate(("tree-1.png", "house.png", "house-logo.png", "small.png")):
        side = 16 if name == "small.png" else 80
        noise = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(noise).save(repository / "art" / name)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "pictures")
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "rm", "--quiet", "art/house.png")
    git(repository, "commit", "--quiet", "--message", "one less")
    return tmp_path / "mirror", commit


def test_pictures_of_the_named_commit_are_copied_with_their_licences(script, mirror, tmp_path):
    folder, commit = mirror
    wanted = script.Repository(commit, "art", "debian/copyright", without="logo", least=64)
    counts: Counter[str] = Counter()
    records = script.collect("owner/name", wanted, folder, tmp_path / "out", counts)
    assert [one["path"] for one in records] == ["art/house.png", "art/tree-1.png"]
    assert [one["licences"] for one in records] == [["GPL-3+"], ["CC0"]]
    assert {one["commit"] for one in records} == {commit}
    assert counts["small"] == 1
    for one in records:
        assert hashlib.sha256((tmp_path / "out" / one["file"]).read_bytes()).hexdigest() == one["sha256"]


def test_of_pictures_that_look_alike_at_most_the_given_number_is_taken(script, mirror, tmp_path):
    folder, commit = mirror
    wanted = script.Repository(commit, "art", "MIT", "somebody", least=64, most=2)
    records = script.collect("owner/name", wanted, folder, tmp_path / "out", Counter())
    assert len(records) == 2
    assert records[0]["licences"] == ["MIT"]
    assert records[0]["copyright"] == "somebody"
