"""The house has floors: imports point down only. The table stands in CONTRIBUTING.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FLOORS = {
    0: {"sample", "files", "randomness", "interrupt"},
    1: {
        "config",
        "checkpoint",
        "device",
        "cores",
        "images",
        "degradation",
        "layers",
        "metrics",
        "distributed",
        "average",
        "plan",
    },
    2: {"generators", "discriminators", "losses", "data", "detection", "analysis", "restorer", "runtime", "weights"},
    3: {"recipes", "evaluation", "builders", "journal", "repair"},
    4: {"assemble", "trainer", "folder", "importing", "exporting"},
    5: {"cli", "web", "__main__", "__init__"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
FORBIDDEN = {
    "generators": {"losses", "recipes", "config"},
    "restorer": {"losses", "recipes", "trainer", "data", "builders"},
    "folder": {"losses", "recipes", "trainer", "data", "builders"},
}
PACKAGE = Path(__file__).parent.parent / "inpaint"
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported_by(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import on line {node.lineno}; write it absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("inpaint.")}
    return rooms - {room_of(file)}


def refusal(importer: str, imported: str) -> str | None:
    """Say why importer may not import imported; None where it may."""
    above, below = FLOOR_OF[importer], FLOOR_OF[imported]
    if imported in FORBIDDEN.get(importer, ()):
        return f"{importer} must never import {imported}"
    if below > above:
        return f"{importer} (floor {above}) imports {imported} (floor {below}): imports point down"
    if below == above and above < 4:
        return f"{importer} and {imported} are neighbours on floor {above}: lift what they share or lower it"
    return None


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down(file: Path):
    importer = room_of(file)
    assert importer in FLOOR_OF, f"{importer} stands on no floor: add it to the table"
    refusals = [refusal(importer, imported) for imported in sorted(rooms_imported_by(file))]
    assert not [sentence for sentence in refusals if sentence]


def test_the_rule_refuses_what_it_should():
    assert refusal("images", "trainer")
    assert refusal("images", "degradation")
    assert refusal("generators", "losses")
    assert refusal("restorer", "detection")
    assert refusal("degradation", "sample") is None
    assert refusal("cli", "folder") is None
