"""A picture's bytes come from a file or an archive, bounded, or there is a sentence why not."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from inpaint.builders.sources import source as module
from inpaint.builders.sources.source import SourcePicture, read_source


def test_a_file_is_read(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"picture")
    assert read_source(SourcePicture("a.png", tmp_path / "a.png")) == b"picture"


def zip_source(path: Path, method: int, content: bytes = b"picture" * 100) -> SourcePicture:
    info = zipfile.ZipInfo("x/a.png")
    info.extra = b"\x99\x99\x04\x00abcd"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("first.png", b"first")
        archive.writestr(info, content, method)
        info = archive.getinfo("x/a.png")
    return SourcePicture("a.zip/x/a.png", path, f"{info.header_offset}+{info.compress_size}+{info.compress_type}")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_of_a_zip_is_read_by_its_place(method: int, tmp_path: Path):
    assert read_source(zip_source(tmp_path / "a.zip", method)) == b"picture" * 100


def test_a_damaged_member_of_a_zip_is_told(tmp_path: Path):
    source = zip_source(tmp_path / "a.zip", zipfile.ZIP_DEFLATED)
    whole = source.path.read_bytes()
    offset, size, _ = map(int, source.member.split("+"))
    source.path.write_bytes(b"x" * len(whole))
    with pytest.raises(ValueError, match="its archive is damaged or was changed"):
        read_source(source)
    source.path.write_bytes(whole[: offset + 50])
    with pytest.raises(ValueError, match="ends within it"):
        read_source(source)
    source.path.write_bytes(whole)
    with pytest.raises(ValueError, match="is damaged in its archive"):
        read_source(source._replace(member=f"{offset}+{size - 3}+8"))


def test_a_member_that_swells_is_stopped_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = zip_source(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, bytes(1_000_000))
    monkeypatch.setattr(module, "LARGEST_FILE", 100_000)
    with pytest.raises(ValueError, match="has more than"):
        read_source(source)


def test_a_member_of_a_tar_is_read_by_its_place(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"picture")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a.png", "a.png")
    with tarfile.open(tmp_path / "a.tar") as archive:
        place = archive.getmember("a.png")
    span = f"{place.offset_data}+{place.size}"
    assert read_source(SourcePicture("a.tar/a.png", tmp_path / "a.tar", span)) == b"picture"
    with pytest.raises(ValueError, match="ends within it"):
        read_source(SourcePicture("a.tar/a.png", tmp_path / "a.tar", f"{place.offset_data}+99999"))


def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "large.png").write_bytes(b"12345")
    monkeypatch.setattr(module, "LARGEST_FILE", 4)
    for source, sentence in (
        (SourcePicture("gone.png", tmp_path / "gone.png"), "gone.png does not exist"),
        (SourcePicture("empty.png", tmp_path / "empty.png"), "empty.png is empty"),
        (SourcePicture("large.png", tmp_path / "large.png"), "large.png has more than"),
        (
            SourcePicture("a.png", tmp_path / "a.png", problem="the server answered 404"),
            "a.png: the server answered 404",
        ),
    ):
        with pytest.raises(ValueError, match=sentence):
            read_source(source)
