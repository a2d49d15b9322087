"""Error messages start lower case, or with what is quoted or filled in, and end without a full stop."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "inpaint"
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}
BUILT_IN = {name for name, it in vars(builtins).items() if isinstance(it, type) and issubclass(it, Exception)}


def error_names() -> set[str]:
    """Return the names of exceptions: the built-in ones, those of libraries, and the package's own classes."""
    names = BUILT_IN | {"BadParameter", "ClickException", "HTTPException", "UsageError"}
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while more := {it.name for it in classes if {*map(last_name, it.bases)} & names} - names:
        names |= more
    return names


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def messages(tree: ast.AST, names: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and literal text of every message that an exception is made with; {} stands for what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last_name(node.func) in names:
            for argument in node.args:
                if (text := literal(argument)) is not None:
                    yield node.lineno, text


def literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(it.value) if isinstance(it, ast.Constant) else "{}" for it in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (literal(node.left) or "{}") + (literal(node.right) or "{}")
    return None


def faulty(message: str) -> bool:
    return message[:1].isupper() or (message.endswith(".") and not message.endswith("..."))


@pytest.mark.parametrize("file", TREES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_errors_start_lower_case_and_end_without_a_full_stop(file: Path):
    wrong = [f"line {line}: {text}" for line, text in messages(TREES[file], error_names()) if faulty(text)]
    assert not wrong, "\n".join(wrong)


def test_messages_are_found_in_every_form():
    source = """
raise ValueError("No width.")
raise folder.Refused(f"{path} is damaged" + ".")
raise OSError(2, f"Not {found}") from None
error = Empty("fine ...")
class Empty(ValueError): ...
"""
    found = dict(messages(ast.parse(source), {"ValueError", "Refused", "OSError", "Empty"}))
    assert found == {2: "No width.", 3: "{} is damaged.", 4: "Not {}", 5: "fine ..."}
    assert [line for line, text in found.items() if faulty(text)] == [2, 3, 4]
