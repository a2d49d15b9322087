"""The JSON schema of a run's YAML, with the options of every part, for editors that complete and check."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pydantic import PydanticUserError, TypeAdapter

from inpaint.assemble.complete import Table
from inpaint.config import Run
from inpaint.degradation.fills import FILLS
from inpaint.degradation.masks import MASKS
from inpaint.degradation.own_masks import OWN_MASKS
from inpaint.degradation.realism import Realism
from inpaint.discriminators import DISCRIMINATORS
from inpaint.features import FEATURES
from inpaint.generators import GENERATORS
from inpaint.parts import build_options, types_of
from inpaint.recipes import RECIPES

SHARE = {"share": {"type": "number", "exclusiveMinimum": 0, "default": 1}}
PRETRAINED = {"pretrained": {"type": ["string", "null"], "default": None}}


def schema_of_runs() -> dict[str, Any]:
    """Return the schema: that of the sections, and for each part one for each name that it may have."""
    schema = Run.model_json_schema(by_alias=True)
    network = one_of(GENERATORS, PRETRAINED)
    top, data = schema["properties"], schema["$defs"]["Data"]["properties"]
    top["generator"], top["recipe"] = one_of(GENERATORS), one_of(RECIPES)
    top["features"] = {"anyOf": [one_of(FEATURES), {"type": "null"}]}
    top["partners"] = top["teachers"] = {"type": "object", "additionalProperties": network}
    top["discriminators"] = {"type": "object", "additionalProperties": one_of(DISCRIMINATORS)}
    data["mask"] = one_or_several(one_of({**MASKS, **OWN_MASKS}, SHARE))
    data["fill"] = one_or_several(one_of(FILLS, SHARE))
    data["realism"] = {"anyOf": [options_schema(Realism, {}), {"type": "null"}]}
    source = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Source"}]}
    data["train"] = one_or_several(source)
    data["validation"] = {"anyOf": [one_or_several(source), {"type": "null"}]}
    for left in ("Part", "Choice", "Network"):
        schema["$defs"].pop(left, None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def one_or_several(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def one_of(table: Table, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a part may be: one of the names of a table, with the options of that name and some more."""
    return {
        "oneOf": [options_schema(build, {"name": {"const": name}, **(more or {})}) for name, build in table.items()]
    }


def options_schema(build: Callable[..., Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping with the options of a `build` and some more keys."""
    types, properties, required = types_of(build), dict(more), [key for key in more if key == "name"]
    for name, option in build_options(build).items():
        properties[name] = type_schema(types.get(name, Any))
        required += [name] if option.default is inspect.Parameter.empty else []
    described = (inspect.getdoc(build) or "").partition("\n")[0]
    told = {"type": "object", "description": described, "properties": properties, "additionalProperties": False}
    return {**told, "required": required}


def type_schema(kind: Any) -> dict[str, Any]:
    """Return the schema of a type; that of anything for one that YAML does not hold."""
    try:
        return TypeAdapter(kind).json_schema()
    except PydanticUserError:
        return {}
