"""A part of a run is a name and options; this file says how it is built from them, for all kinds of parts.

A part (a generator, a mask, a fill, ...) is written in the YAML as a mapping with its name and its options; its
options are the keywords of its `build`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Built = TypeVar("Built")
SECTIONS = ("features",)  # keywords of a part that have their own section in the YAML


class Part(BaseModel):
    """A named part; every other key is an option of its `build`."""

    model_config = ConfigDict(frozen=True, extra="allow")
    name: str

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Choice(Part):
    """One of several parts to draw from, in proportion to its share."""

    share: float = Field(default=1.0, gt=0)


def build(table: Mapping[str, Callable[..., Built]], part: Part, kind: str, *given: Any) -> Built:
    """Build a part by its name and options.  Raises ValueError naming the choices for an unknown name or option.

    given: what the part is built around, before its options.
    """
    if part.name not in table:
        raise ValueError(f"{kind} {part.name!r} is unknown; choose {', '.join(table)}")
    return call(table[part.name], part.options, f"{kind} {part.name}", *given)


def call(function: Callable[..., Built], options: Mapping[str, Any], what: str, *given: Any) -> Built:
    """Call a `build` with a section of the YAML.  Raises ValueError for an option that it does not have."""
    parameters = inspect.signature(function).parameters.items()
    known = [name for name, it in parameters if it.kind is it.KEYWORD_ONLY and name not in SECTIONS]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(f"{what} has no option {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    try:
        return function(*given, **options)
    except TypeError as error:
        raise ValueError(f"{what}: {error}") from error
