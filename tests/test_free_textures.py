"""Pictures come out of games' archives with their licences; built on a package, a zip and a Qt archive made here."""

from __future__ import annotations

import importlib
import io
import struct
import sys
import zipfile
import zlib
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

Files: src/scenes/castle.png
Copyright: 2021 A Photographer
License: CC-BY-SA-4.0
"""


def module(name: str) -> Any:
    """A script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def png(seed: int, opaque: bool = True, blue: int = 0) -> bytes:
    """A picture of coarse noise."""
    cells = np.random.default_rng(seed).integers(0, 256, (32, 32, 4), np.uint8)
    cells[..., 3] = 255 if opaque else cells[..., 3]
    cells[..., 0] //= 1 + blue
    cells[..., 2] = np.maximum(cells[..., 2], 200) if blue else cells[..., 2]
    file = io.BytesIO()
    Image.fromarray(cells.repeat(8, 0).repeat(8, 1)).save(file, "PNG")
    return file.getvalue()


def archive_of(files: dict[str, tuple[bytes, bool]], folder: str) -> bytes:
    """A Qt resource archive of one folder, each file compressed or not."""
    names, contents, nodes = b"", b"", b""

    def named(name: str) -> int:
        nonlocal names
        at = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
        return at

    nodes += struct.pack(">IHIIQ", 0, 2, 1, 1, 0)
    nodes += struct.pack(">IHIIQ", named(folder), 2, len(files), 2, 0)
    for name, (data, small) in files.items():
        content = struct.pack(">I", len(data)) + zlib.compress(data) if small else data
        nodes += struct.pack(">IHHHIQ", named(name), int(small), 0, 0, len(contents), 0)
        contents += struct.pack(">I", len(content)) + content
    start = 20
    places = (start, start + len(nodes), start + len(nodes) + len(contents))
    return b"qres" + struct.pack(">IIII", 2, *places) + nodes + contents + names


def test_a_qt_archive_gives_its_files_with_their_paths():
    read = module("qt_resources").files_of_resources
    given = {"castle.png": (b"stored" * 9, False), "tree.png": (b"compressed" * 9, True)}
    assert dict(read(archive_of(given, "scenes"))) == {f"scenes/{name}": data for name, (data, _) in given.items()}


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, for which a package of three archives is downloaded."""
    script = module("free_textures")

    def unpacked(package: str, folder: Path) -> str:
        root = folder / package
        (root / "usr/share/doc" / package).mkdir(parents=True)
        (root / "usr/share/doc" / package / "copyright").write_text(COPYRIGHT)
        scenes = {"castle.png": (png(1), False), "tree.png": (png(2), True), "note.txt": (b"words", False)}
        (root / "scenes.rcc").write_bytes(archive_of(scenes, "scenes"))
        with zipfile.ZipFile(root / "walls.pk3", "w") as archive:
            for name, data in {
                "wall.png": png(3),
                "wall_norm.png": png(4),
                "blue.png": png(5, blue=5),
                "glass.png": png(6, opaque=False),
                "same.png": png(3),
                "grey.png": png(0)[:200],
            }.items():
                archive.writestr(f"textures/{name}", data)
        return "1.0-1"

    monkeypatch.setattr(script, "unpack", unpacked)
    return script


def test_pictures_that_show_something_are_copied_with_their_licences(game: Any, tmp_path: Path):
    counts: Counter[str] = Counter()
    records = game.collect("game-data", game.Wanted(), tmp_path / "out", counts)
    assert [one["path"] for one in records] == [
        "scenes/scenes/castle.png",
        "scenes/scenes/tree.png",
        "walls/textures/same.png",
    ]
    assert [one["licences"] for one in records] == [["CC-BY-SA-4.0"], ["GPL-3+"], ["GPL-3+"]]
    assert {one["version"] for one in records} == {"1.0-1"}
    refused = {"no colours": 1, "normal map": 1, "seen through": 1, "same picture again": 1, "unreadable": 1}
    assert {rule: counts[rule] for rule in refused} == refused
    assert all((tmp_path / "out" / one["file"]).is_file() for one in records)


PROSE = """It was downloaded from somewhere.
This program is free software; you can redistribute it under the terms of the GNU General Public License
as published by the Free Software Foundation; either version 2
of the License, or (at your option) any later version.
"""


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        (PROSE, ["GPL-2+"]),
        ("Images: License: Public Domain\nThe packaging is licensed under the GPLv3.", ["public-domain"]),
        ("It was downloaded from somewhere.", []),
    ],
)
def test_a_copyright_file_in_prose_tells_its_licence_or_nothing_is_taken(
    game: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, licences: list[str]
):
    monkeypatch.setattr(sys.modules[__name__], "COPYRIGHT", text)
    counts: Counter[str] = Counter()
    records = game.collect("game-data", game.Wanted("scenes/"), tmp_path / "out", counts)
    assert [one["licences"] for one in records] == [licences] * len(records)
    assert (len(records), counts["no licence told"]) == ((2, 0) if licences else (0, 2))


def test_of_many_as_many_as_wanted_are_taken(game: Any, tmp_path: Path):
    records = game.collect("game-data", game.Wanted("textures|castle", "tree", most=1), tmp_path / "out", Counter())
    assert len(records) == 1
