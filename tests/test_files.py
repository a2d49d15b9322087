"""A file is either wholly there or untouched."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from inpaint import files
from inpaint.files import atomically, real, refuse_long_name, reserved, write_text


def test_a_finished_write_takes_the_place_of_the_old_file(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomically(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, kind: type[BaseException]):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(kind), atomically(path) as temporary:  # noqa: PT012 (it fails half way)
        temporary.write_text("ha")
        raise kind
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_temporary_lies_beside_keeps_the_suffix_and_begins_with_a_dot(tmp_path: Path):
    with atomically(tmp_path / "picture.v2.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert temporary.name.startswith(".")


def test_missing_folders_are_made(tmp_path: Path):
    write_text(tmp_path / "one" / "two" / "a.txt", "x")
    assert (tmp_path / "one" / "two" / "a.txt").read_text() == "x"


def test_a_name_as_long_as_the_file_system_takes_can_be_written(tmp_path: Path):
    path = tmp_path / ("é" * 120 + ".txt")  # 244 bytes of 255
    write_text(path, "x")
    assert path.read_text() == "x"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_a_plainly_opened_file(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        (tmp_path / "plain").write_text("x")
        write_text(tmp_path / "atomic", "x")
        assert os.umask(umask) == umask  # reading the umask left it as it was
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")]
    assert modes[0] == modes[1]


def test_text_is_written_as_utf_8(tmp_path: Path):
    write_text(str(tmp_path / "a.txt"), "Blöcke 16 × 16\n")
    assert (tmp_path / "a.txt").read_bytes() == "Blöcke 16 × 16\n".encode()


def test_a_file_name_that_is_no_utf_8_survives_in_json(tmp_path: Path):
    name = os.fsdecode(b"\x8e\xca\x90^.png")  # Shift JIS, as old archives hold it
    write_text(tmp_path / "a.json", json.dumps(name, ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == name


def test_links_are_followed_and_circles_left(tmp_path: Path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").write_text("here")
    assert real(tmp_path / "a") == (tmp_path / "b").resolve()
    (tmp_path / "round").symlink_to("about")
    (tmp_path / "about").symlink_to("round")
    assert real(tmp_path / "round").name in ("round", "about")


def test_room_is_held_while_it_is_needed_and_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "sub" / "report.json"
    with reserved(path, 3 << 20):
        (held,) = path.parent.iterdir()
        assert held.stat().st_size == 3 << 20
    assert list(path.parent.iterdir()) == []

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match=r"report\.json cannot be written: No space left on device"), reserved(path, 9):
        pytest.fail("the work began")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(("name", "what"), [("ä" * 126 + ".png", "name"), (f"{'/a' * 2100}.png", "path")])
def test_a_name_that_no_disk_can_hold_is_refused(name: str, what: str):
    refuse_long_name(Path("ä" * 125 + ".png"))
    with pytest.raises(ValueError, match=f"the {what} .* has .* bytes, more than the"):
        refuse_long_name(Path(name))
