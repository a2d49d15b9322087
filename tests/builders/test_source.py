"""A picture's bytes come from a file or an archive, bounded, or there is a sentence why not."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from inpaint.builders import source as module
from inpaint.builders.source import Source, read_source


def test_a_file_is_read(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"picture")
    assert read_source(Source("a.png", tmp_path / "a.png")) == b"picture"


def test_a_member_of_a_zip_is_read(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.png", b"picture" * 100)
    assert read_source(Source("a.zip/x/a.png", tmp_path / "a.zip", "x/a.png")) == b"picture" * 100


def test_a_zip_that_was_replaced_is_opened_anew(tmp_path: Path):
    source = Source("a.zip/a.png", tmp_path / "a.zip", "a.png")
    for content in (b"first", b"the second"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("a.png", content)
        assert read_source(source) == content


def test_a_member_of_a_tar_is_read_by_its_place(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"picture")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a.png", "a.png")
    with tarfile.open(tmp_path / "a.tar") as archive:
        place = archive.getmember("a.png")
    span = f"{place.offset_data}+{place.size}"
    assert read_source(Source("a.tar/a.png", tmp_path / "a.tar", span)) == b"picture"
    with pytest.raises(ValueError, match="ends within it"):
        read_source(Source("a.tar/a.png", tmp_path / "a.tar", f"{place.offset_data}+99999"))


def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "large.png").write_bytes(b"12345")
    (tmp_path / "no.zip").write_bytes(b"no archive")
    monkeypatch.setattr(module, "LARGEST", 4)
    for source, sentence in (
        (Source("gone.png", tmp_path / "gone.png"), "gone.png does not exist"),
        (Source("empty.png", tmp_path / "empty.png"), "empty.png is empty"),
        (Source("large.png", tmp_path / "large.png"), "large.png has more than"),
        (Source("no.zip/a.png", tmp_path / "no.zip", "a.png"), "no.zip/a.png cannot be read: File is not a zip"),
        (Source("a.png", tmp_path / "a.png", problem="the server answered 404."), "a.png: the server answered 404"),
    ):
        with pytest.raises(ValueError, match=sentence):
            read_source(source)
