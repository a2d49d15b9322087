"""Pictures are collected from folders, archives and manifests, one after another, each name once."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from inpaint.builders.sources import archives
from inpaint.builders.sources.collect import collect
from inpaint.builders.sources.download import Download, Wanted
from inpaint.builders.sources.source import SourcePicture, read_source


def files(folder: Path, *names: str) -> Path:
    """Write files whose content is their own name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def gather(tmp_path: Path, *sources: Path, **options) -> dict[str, SourcePicture]:
    found = list(collect(sources, tmp_path / "dataset", **options))
    named = {source.name: source for source in found}
    assert len(named) == len(found), "a name came twice"
    return named


def tar(path: Path, *members: tuple[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_folders_are_searched_and_what_is_hidden_or_no_picture_is_passed_over(tmp_path: Path):
    folder = files(tmp_path / "pictures", "b.png", "a/c.JPG", ".hidden.png", ".cache/d.png", "notes.txt")
    found = gather(tmp_path, folder)
    assert set(found) == {"pictures/b.png", "pictures/a/c.JPG"}
    assert read_source(found["pictures/a/c.JPG"]) == b"a/c.JPG"


def test_names_stay_when_a_source_of_the_same_name_is_added(tmp_path: Path):
    one = files(tmp_path / "one" / "pictures", "a.png")
    other = files(tmp_path / "other" / "pictures", "a.png")
    assert set(gather(tmp_path, one)) < set(gather(tmp_path, one, other))


def test_overlapping_sources_give_each_picture_once(tmp_path: Path):
    folder = files(tmp_path / "pictures", "a/b.png", ".c/d.png", "e.png")
    sources = (folder / "a", folder, folder / "e.png", folder, folder / ".c")
    assert set(gather(tmp_path, *sources)) == {"pictures/a/b.png", "pictures/e.png", ".c/d.png"}


def test_a_single_picture_is_a_source(tmp_path: Path):
    files(tmp_path, "a.png")
    assert set(gather(tmp_path, tmp_path / "a.png")) == {"a.png"}


def test_what_cannot_be_a_source_is_refused_at_once(tmp_path: Path):
    files(tmp_path, "notes.txt", "pictures/a.png")
    with pytest.raises(FileNotFoundError, match="gone does not exist"):
        collect([tmp_path / "gone"], tmp_path / "dataset")
    with pytest.raises(ValueError, match=r"notes\.txt is not a picture, an archive or a manifest.*\.png.*\.zip.*\.csv"):
        collect([tmp_path / "notes.txt"], tmp_path / "dataset")
    with pytest.raises(ValueError, match="would lie inside its source"):
        collect([tmp_path / "pictures"], tmp_path / "pictures" / "dataset")


MEMBERS = (("x/a.png", b"first"), ("x/b.jpg", b"second" * 1000), ("x/.c.png", b"hidden"), ("notes.txt", b"text"))


@pytest.mark.parametrize("name", ["p.zip", "p.tar", "p.tar.gz", "p.tgz", "p.tar.bz2", "p.tar.xz"])
def test_the_pictures_of_archives_are_read_without_unpacking(name: str, tmp_path: Path):
    if name.endswith(".zip"):
        path = zipped(tmp_path / name, *MEMBERS)
    else:
        modes = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}
        path = tar(tmp_path / name, *MEMBERS, mode=modes[Path(name).suffix])
    found = gather(tmp_path, path)
    assert set(found) == {f"{name}/x/a.png", f"{name}/x/b.jpg"}
    assert {key.rpartition("/")[2]: read_source(source) for key, source in found.items()} == {
        "a.png": b"first",
        "b.jpg": b"second" * 1000,
    }


def test_archives_within_folders_are_read_too(tmp_path: Path):
    (tmp_path / "pictures" / "deep").mkdir(parents=True)
    tar(tmp_path / "pictures" / "deep" / "0001.tar", ("a.png", b"a"))
    assert set(gather(tmp_path, tmp_path / "pictures")) == {"pictures/deep/0001.tar/a.png"}


def test_a_compressed_tar_is_decompressed_once(tmp_path: Path):
    path = tar(tmp_path / "p.tar.gz", ("a.png", b"a"), mode="w:gz")
    (first,) = gather(tmp_path, path, cache=tmp_path / "cache").values()
    changed = first.path.stat().st_mtime_ns
    assert first.path.is_relative_to(tmp_path / "cache")
    (second,) = gather(tmp_path, path, cache=tmp_path / "cache").values()
    assert second == first
    assert second.path.stat().st_mtime_ns == changed


def test_members_that_lead_outside_are_told_and_never_read(tmp_path: Path):
    escaping = ("../a.png", "/etc/b.png", "x/../../c.png", "C:\\d.png")
    for path in (zipped(tmp_path / "p.zip", *((name, b"x") for name in escaping)),
                 tar(tmp_path / "p.tar", *((name, b"x") for name in escaping))):  # fmt: skip
        found = gather(tmp_path, path)
        assert len(found) == 4
        assert all(".." not in name for name in found)
        for source in found.values():
            with pytest.raises(ValueError, match="leads outside"):
                read_source(source)


def test_links_in_archives_are_passed_over(tmp_path: Path):
    with tarfile.open(tmp_path / "p.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"{kind.decode()}.png")
            info.type, info.linkname = kind, "/etc/hostname"
            archive.addfile(info)
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr(link, "/etc/hostname")
    assert not gather(tmp_path, tmp_path / "p.tar", tmp_path / "p.zip")


def test_an_encrypted_member_is_told_in_a_sentence(tmp_path: Path):
    data = bytearray(zipped(tmp_path / "p.zip", ("a.png", b"secret")).read_bytes())
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + place] |= 1
    (tmp_path / "p.zip").write_bytes(data)
    (source,) = gather(tmp_path, tmp_path / "p.zip").values()
    with pytest.raises(ValueError, match=r"p\.zip/a\.png: it is encrypted: unpack the archive"):
        read_source(source)


def test_a_method_that_is_not_known_is_told_in_a_sentence(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", b"picture")
    (source,) = gather(tmp_path, tmp_path / "p.zip").values()
    assert "it is compressed by method 14 of zip: unpack the archive" in source.problem


def test_members_too_large_and_archives_that_explode_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "LARGEST_FILE", 1000)
    monkeypatch.setattr(archives, "ALWAYS_ALLOWED", 10_000)
    (large,) = gather(tmp_path, zipped(tmp_path / "p.zip", ("a.png", b"0" * 1001))).values()
    assert "it has 1001 bytes, a picture file may have 1000" in large.problem
    (tmp_path / "p.tar.gz").write_bytes(gzip.compress(bytes(10_000_000)))
    (bomb,) = gather(tmp_path, tmp_path / "p.tar.gz").values()
    assert "unpacks to more than 100 times its size" in bomb.problem
    assert not list((tmp_path / "dataset.building" / "archives").iterdir())


@pytest.mark.parametrize("name", ["p.zip", "p.tar", "p.tar.gz", "p.tar.bz2", "p.tar.xz"])
def test_a_damaged_archive_is_told_and_the_rest_goes_on(name: str, tmp_path: Path):
    files(tmp_path / "pictures", name, "z.png")
    (tmp_path / "pictures" / name).write_bytes(b"no archive at all" * 100)
    found = gather(tmp_path, tmp_path / "pictures")
    assert set(found) == {f"pictures/{name}", "pictures/z.png"}
    with pytest.raises(ValueError, match=f"{name}: the archive is damaged"):
        read_source(found[f"pictures/{name}"])


def test_what_lies_before_the_fault_of_a_cut_off_tar_is_kept(tmp_path: Path):
    path = tar(tmp_path / "p.tar", ("a.png", b"a" * 2000), ("b.png", b"b" * 2000))
    path.write_bytes(path.read_bytes()[:4000])
    found = gather(tmp_path, path)
    assert read_source(found["p.tar/a.png"]) == b"a" * 2000
    with pytest.raises(ValueError, match="cut off"):
        read_source(found["p.tar/b.png"])


def test_of_members_with_the_same_name_one_is_taken(tmp_path: Path):
    path = tar(tmp_path / "p.tar", ("a.png", b"1"), ("./a.png", b"2"))
    assert set(gather(tmp_path, path)) == {"p.tar/a.png"}


def test_a_folder_s_record_of_licences_tells_about_its_pictures(tmp_path: Path):
    folder = files(tmp_path / "pictures", "pack/a.png", "pack/b.png", "c.png")
    line = {"file": "pack/a.png", "path": "usr/a.png", "licences": ["GPL-2+", "CC0"], "size": [3, 4], "note": None}
    (folder / "licences.jsonl").write_text(json.dumps(line) + "\n\n")
    (folder / "pack" / "manifest.csv").write_text("\ufeffFile;Author\n.\\b.png;Ann\n", encoding="utf-8")
    found = gather(tmp_path, folder)
    assert found["pictures/pack/a.png"].facts == (
        ("licences", "GPL-2+, CC0"),
        ("path", "usr/a.png"),
        ("size", "[3, 4]"),
    )
    assert found["pictures/pack/b.png"].facts == (("Author", "Ann"),)
    assert found["pictures/c.png"].facts == ()


def test_a_manifest_names_files_beside_it(tmp_path: Path):
    files(tmp_path, "lists/in/a.png", "b.png")
    path = tmp_path / "lists" / "pictures.csv"
    path.write_text('path,licence,author\nin/a.png,CC0,"Ann, Bob"\nin/./a.png,twice,\n../b.png,,\n\n')
    found = gather(tmp_path, path)
    outside = f"pictures.csv/{(tmp_path / 'b.png').as_posix().lstrip('/')}"
    assert set(found) == {"pictures.csv/in/a.png", outside}
    assert found["pictures.csv/in/a.png"].facts == (("author", "Ann, Bob"), ("licence", "CC0"))
    assert read_source(found[outside]) == b"b.png"


def test_a_manifest_of_urls_is_downloaded(tmp_path: Path):
    files(tmp_path, "here.png")
    lines = [
        {"url": "http://h/a.png", "licence": "CC0", "sha256": "12"},
        {"url": "http://h/gone.png", "author": "Ann"},
        {"file": "here.png"},
        {"url": "http://h/a.png"},
    ]
    path = tmp_path / "list.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    asked = []

    def downloader(wanted: Iterable[Wanted], folder: Path) -> Iterator[Download]:
        for one in wanted:
            asked.append(one)
            target = files(folder, os.path.basename(one.url)) / os.path.basename(one.url)
            yield Download(one.url, target, "it is gone." if "gone" in one.url else "")

    found = gather(tmp_path, path, downloader=downloader, cache=tmp_path / "cache")
    assert asked == [Wanted("http://h/a.png", "12"), Wanted("http://h/gone.png", "")]
    assert set(found) == {"list.jsonl/a.png", "list.jsonl/gone.png", "list.jsonl/here.png"}
    assert found["list.jsonl/a.png"].facts == (("licence", "CC0"), ("sha256", "12"), ("url", "http://h/a.png"))
    assert found["list.jsonl/a.png"].path == tmp_path / "cache" / "downloads" / "a.png"
    with pytest.raises(ValueError, match=r"list\.jsonl/gone\.png: it is gone\."):
        read_source(found["list.jsonl/gone.png"])


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("p.csv", "name,licence\na.png,CC0\n", r"p\.csv, line 2 has the columns name, licence; one of file,"),
        ("p.csv", "file,file\na.png,b\n", "each needs a name of its own"),
        ("p.csv", "file,licence\na.png,CC0,x\n", r"p\.csv, line 2 has 3 values for 2 columns"),
        ("p.jsonl", '{"file": "a.png"}\n{"file": \n', r"p\.jsonl, line 2 is not JSON"),
        ("p.jsonl", '["a.png"]\n', r"p\.jsonl, line 1 should hold an object"),
    ],
)
def test_a_faulty_manifest_is_refused_by_file_and_line(name: str, text: str, sentence: str, tmp_path: Path):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=sentence):
        list(collect([tmp_path / name], tmp_path / "dataset"))
    (tmp_path / name).write_bytes(b"file\n\xff\xfe\n")
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        list(collect([tmp_path / name], tmp_path / "dataset"))
