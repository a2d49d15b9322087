"""Reading YAML into mappings and lists, and setting single values in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

LONGEST_INTEGER = 100  # digits
DEEPEST = 50  # levels


class Loader(yaml.SafeLoader):
    """Reads YAML 1.1, takes 1e-4 for a number, as YAML 1.2 does, and refuses a key that stands twice.

    Numbers that YAML 1.1 alone reads in base 8 or 60 are refused: nobody who writes 010 or 1:30 means 8 or 90.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping as SafeLoader does.  Raises yaml.YAMLError for a key that stands in it twice."""
        lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            line = key_node.start_mark.line + 1
            if key in lines and key != "<<":
                raise yaml.YAMLError(f"the key {key} stands twice in one place, in lines {lines[key]} and {line}")
            lines |= {} if key is None else {key: line}
        return super().construct_mapping(node, deep)

    def plain_int(self, node: yaml.ScalarNode) -> int:
        """Return an integer.  Raises yaml.YAMLError for one that YAML 1.1 and 1.2 read differently, or too long."""
        text = str(self.construct_scalar(node))
        line = node.start_mark.line + 1
        if re.fullmatch(r"[-+]?0[\d_]+|.*:.*", text):
            raise yaml.YAMLError(
                f"{text} in line {line} is another number to older readers than to newer ones: write it without "
                "leading zeros and colons, or in quotes if it is text"
            )
        if len(text) > LONGEST_INTEGER:
            raise yaml.YAMLError(f"the number in line {line} has {len(text)} digits")
        return self.construct_yaml_int(node)


Loader.add_constructor("tag:yaml.org,2002:int", Loader.plain_int)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d[\d_]*(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_tree(path: Path, kind: str = "a run's YAML file") -> Any:
    """Read a YAML file.  Raises ValueError in a sentence, with what it should be, for what is no such file."""
    try:
        return parsed_yaml(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; it should be {kind}") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder; it should be {kind}") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not YAML: byte {error.start} is no text in UTF-8; save it as UTF-8 if it is text"
        ) from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def parsed_yaml(text: str) -> Any:
    """Parse YAML.  Raises yaml.YAMLError, also for what is nested without end, as an anchor in itself is."""
    try:
        tree = yaml.load(text, Loader)
        check_depth(tree)
        return tree
    except RecursionError:
        raise yaml.YAMLError("it is nested too deep") from None
    except ValueError as error:  # a date of month 13 and the like
        raise yaml.YAMLError(str(error)) from None


def check_depth(tree: Any, depth: int = 0) -> None:
    """Raise yaml.YAMLError for mappings and lists that are nested deeper than any run's, or within themselves."""
    if depth > DEEPEST:
        raise yaml.YAMLError(f"it is nested deeper than {DEEPEST} levels, or an anchor holds itself")
    if isinstance(tree, dict | list):
        for value in tree.values() if isinstance(tree, dict) else tree:
            check_depth(value, depth + 1)


def override(tree: dict[str, Any], setting: str) -> None:
    """Set one value in a tree of mappings and lists by its dotted path, in place."""
    path, equals, value = setting.partition("=")
    if not equals:
        raise ValueError(f"--set {setting!r} should read key=value, with dots between levels")
    *parents, last = path.strip().split(".")
    try:
        parsed = parsed_yaml(value)
    except yaml.YAMLError as error:
        raise ValueError(f"--set {setting!r}: {value!r} is not YAML: {' '.join(str(error).split())}") from None
    node: Any = tree
    for key in parents:
        node = node[position(node, key, setting)] if isinstance(node, list) else node.setdefault(key, {})
        if not isinstance(node, dict | list):
            raise ValueError(f"--set {setting!r}: {key!r} holds {node!r}, which has nothing below it")
    place: Any = position(node, last, setting) if isinstance(node, list) else last
    node[place] = parsed


def position(items: list[Any], key: str, setting: str) -> int:
    if not key.isdigit() or int(key) >= len(items):
        raise ValueError(f"--set {setting!r}: {key!r} should be a position from 0 to {len(items) - 1}")
    return int(key)
