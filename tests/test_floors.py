"""The house has floors: imports point down only.  CONTRIBUTING shows the same table."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

FLOORS = {
    5: ("cli", "web"),
    4: ("assemble", "folder", "importing", "exporting"),
    3: ("training", "restoring", "recipes", "evaluation", "analysis", "builders"),
    2: ("generators", "discriminators", "losses", "data", "detection", "metrics", "weights"),
    1: (
        "config",
        "parts",
        "checkpoint",
        "foreign_files",
        "contracts",
        "images",
        "mosaic",
        "degradation",
        "layers",
        "features",
        "tiling",
        "pages",
        "device",
        "distributed",
    ),
    0: ("sample", "version", "files", "randomness", "interrupt"),
}
NEIGHBOURS = {  # who may import from the same floor, and why
    ("analysis", "evaluation"): "what restoring trades is an evaluation of blends, and pictures are read alike",
    ("analysis", "training"): "the curves of runs are read from their journals",
    ("config", "parts"): "the schema holds parts",
    ("degradation", "images"): "masks may be files",
    ("degradation", "mosaic"): "pixelating is the geometry of mosaics applied to a clean picture",
    ("degradation", "parts"): "masks and fills are parts",
    ("detection", "weights"): "regions that no rule explains are judged by a bundled network",
    ("layers", "contracts"): "a trunk on the cells of a mosaic is a generator",
}
TOP = {"__main__": {"cli"}, "__init__": set()}  # the ways in; what __init__ imports when it is itself imported
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
FORBIDDEN = {
    "generators": {"losses", "recipes", "config"},
    "restoring": {"losses", "recipes", "training", "data", "builders"},
    "folder": {"losses", "recipes", "training", "data", "builders"},
}
ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "inpaint"
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported_by(file: Path) -> set[str]:
    """Return the rooms that a file imports; "__init__" stands for the package itself."""
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import on line {node.lineno}; write it absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name == "inpaint" or name.startswith("inpaint."):
                room = name.partition(".")[2].partition(".")[0]
                rooms.add(room if room in FLOOR_OF else "__init__")
    return rooms - {room_of(file)}


def refusal(importer: str, imported: str) -> str | None:
    """Say why importer may not import imported; None where it may."""
    if imported == "__init__":
        return f"{importer} imports the package itself, which is above every room: import from the room"
    above, below = FLOOR_OF[importer], FLOOR_OF[imported]
    if imported in FORBIDDEN.get(importer, ()):
        return f"{importer} must never import {imported}"
    if below > above:
        return f"{importer} (floor {above}) imports {imported} (floor {below}): imports point down"
    if below == above and above < 4 and (importer, imported) not in NEIGHBOURS:
        return f"{importer} and {imported} are neighbours on floor {above}: lift what they share or lower it"
    return None


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down(file: Path):
    importer = room_of(file)
    if importer in TOP:
        return
    assert importer in FLOOR_OF, f"{importer} stands on no floor: add it to the table"
    refusals = [refusal(importer, imported) for imported in sorted(rooms_imported_by(file))]
    assert not [sentence for sentence in refusals if sentence]


def test_the_package_itself_imports_only_its_version_when_it_is_imported():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    at_once = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [name for name in at_once if name and name.startswith("inpaint")] == ["inpaint.version"]


@pytest.mark.parametrize("pair", NEIGHBOURS)
def test_every_exception_is_still_needed(pair: tuple[str, str]):
    importer, imported = pair
    assert FLOOR_OF[importer] == FLOOR_OF[imported]
    assert any(imported in rooms_imported_by(file) for file in FILES if room_of(file) == importer)


def test_contributing_shows_the_same_table():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (.*) \|$", text, re.MULTILINE)
    assert {int(floor): tuple(re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows} == FLOORS


def test_the_rule_refuses_what_it_should():
    assert refusal("images", "training")
    assert refusal("images", "degradation")
    assert refusal("generators", "losses")
    assert refusal("restoring", "training")
    assert refusal("degradation", "__init__")
    assert refusal("degradation", "sample") is None
    assert refusal("degradation", "mosaic") is None
    assert refusal("mosaic", "degradation")
    assert refusal("cli", "folder") is None
