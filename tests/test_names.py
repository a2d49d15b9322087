"""A public name means one thing: it is defined at the top of one file only, and so is the stem of a file."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "inpaint"
FILES = [file.relative_to(PACKAGE) for file in sorted(PACKAGE.rglob("*.py"))]
VERB = "a verb of the command line, and the function that it calls"
TWICE = {
    "build": "the file of every generator and discriminator ends with it, and parts.build calls it",
    "build_dataset": VERB,
    "decensor": VERB,
    "evaluate": VERB,
    "export": VERB,
    "import_weights": VERB,
}
NETWORK_FOLDERS = (
    "generators",
    "discriminators",
    "recipes",
    "importing/layouts",
)  # a file there is called after its network


def names_of(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements at the top of a module define, also those below if, try and with."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign(targets=targets):
                yield from (it.id for target in targets for it in ast.walk(target) if isinstance(it, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If() | ast.With():
                yield from names_of([*node.body, *getattr(node, "orelse", [])])
            case ast.Try():
                handled = [it for handler in node.handlers for it in handler.body]
                yield from names_of([*node.body, *handled, *node.orelse, *node.finalbody])


def defined_twice() -> dict[str, list[str]]:
    places = defaultdict(list)
    for file in FILES:
        tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
        for name in dict.fromkeys(names_of(tree.body)):
            if not name.startswith("_"):
                places[name].append(str(file))
    return {name: where for name, where in places.items() if len(where) > 1}


def test_public_names_are_defined_once():
    faults = {name: where for name, where in defined_twice().items() if name not in TWICE}
    assert not faults, "two files define the same public name: call one of them after what is special about it"


def same_stems() -> list[list[Path]]:
    places = defaultdict(list)
    for file in FILES:
        if file.stem not in ("__init__", "__main__"):
            places[file.stem].append(file)
    return [where for where in places.values() if len(where) > 1]


def test_file_stems_are_unique_but_for_those_called_after_a_network():
    faults = [where for where in same_stems() if {file.parent.as_posix() for file in where} - {*NETWORK_FOLDERS}]
    assert not faults, "two files have the same name: call one of them after what is special about it"


def test_every_exception_is_needed():
    twice = defined_twice()
    assert [name for name in TWICE if name not in twice] == []
    for name, reason in TWICE.items():
        assert reason != VERB or any(where.startswith("cli/") for where in twice[name]), f"{name} is no verb"
    used = {file.parent.as_posix() for where in same_stems() for file in where}
    assert [folder for folder in NETWORK_FOLDERS if folder not in used] == []


def test_names_are_found_wherever_they_stand():
    source = """
A, (B, C) = 1, (2, 3)
if A:
    D: int = 4
else:
    def e(): F = 5
try:
    class G: h = 6
finally:
    I = 7
"""
    assert list(names_of(ast.parse(source).body)) == ["A", "B", "C", "D", "e", "G", "I"]
