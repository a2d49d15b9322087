"""Reading YAML into mappings and lists, and setting single values in them."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Reads YAML 1.1, takes 1e-4 for a number, as YAML 1.2 does, and refuses a key that stands twice."""

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


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d[\d_]*(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def override(tree: dict[str, Any], setting: str) -> None:
    """Set one value in a tree of mappings and lists by its dotted path, in place."""
    path, equals, value = setting.partition("=")
    if not equals:
        raise ValueError(f"--set {setting!r} should read key=value, with dots between levels")
    *parents, last = path.strip().split(".")
    try:
        parsed = yaml.load(value, Loader)
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
