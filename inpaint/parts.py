"""A part of a run is a name and options; this file says how it is built from them, for all kinds of parts.

A part (a generator, a mask, a fill, ...) is written in the YAML as a mapping with its name and its options; its
options are the keywords of its `build`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError

Built = TypeVar("Built")
SECTIONS = ("features",)  # keywords of a part that have their own section in the YAML
NETWORK_KINDS = ("generator", "discriminator")
LARGEST = 100_000  # pixels, strokes or channels; more would take all memory, or days for a sample
COUNTS_CHANNELS = ("width", "channels")  # in the names of options
UNION_KINDS = ("int", "float", "str", "bool", "none")  # what pydantic calls the members of a union, which nobody wrote


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
        raise ValueError(f"{kind} {part.name!r} is unknown; choose {', '.join(table)}{did_you_mean(part.name, table)}")
    return call(table[part.name], part.options, f"{kind} {part.name}", *given)


def call(function: Callable[..., Built], options: Mapping[str, Any], what: str, *given: Any) -> Built:
    """Call a `build` with a section of the YAML.  Raises ValueError for an option that it lacks or of another type."""
    known = build_options(function)
    unknown = [name for name in options if name not in known]
    if unknown:
        near = did_you_mean(unknown[0], known)
        raise ValueError(f"{what} has no option {unknown[0]!r}; it has {', '.join(known) or 'none'}{near}")
    check_types(function, options, what)
    check_sizes(options, what)
    try:
        return function(*given, **options)
    except TypeError as error:
        raise ValueError(f"{what}: {error}") from error
    except ValueError as error:  # a value says which option it is of, and here of what
        if what.split()[-1] in str(error):
            raise
        raise ValueError(f"{what}: {error}") from error


def check_sizes(options: Mapping[str, Any], what: str) -> None:
    """Raise ValueError for a network of no or of negative channels, or of a negative number or weight of anything."""
    if what.startswith("recipe"):
        for name, value in options.items():
            if isinstance(value, int | float) and value < 0:
                raise ValueError(f"{what}: {name} is {value}: it must be at least 0")
    if what.startswith("recipe"):
        return
    networks = what.startswith(NETWORK_KINDS)
    for name, value in options.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, int) and one > LARGEST:
                raise ValueError(f"{what}: {name} is {value}: it must be at most {LARGEST:,}")
    for name, value in options.items() if networks else ():
        least = 1 if any(word in name for word in COUNTS_CHANNELS) else 0
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, int) and not isinstance(one, bool) and one < least:
                raise ValueError(f"{what}: {name} is {value}: it must be at least {least}")


def build_options(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the options of a `build`: its keywords, but for those with a section of their own."""
    parameters = inspect.signature(function).parameters
    return {name: it for name, it in parameters.items() if it.kind is it.KEYWORD_ONLY and name not in SECTIONS}


def types_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, or of what a class is built from; none where they cannot be read."""
    if isinstance(function, partial):
        return types_of(function.func)
    try:
        return get_type_hints(function.__init__ if isinstance(function, type) else function)
    except (NameError, TypeError, AttributeError):
        return {}


def check_types(function: Callable[..., Any], options: Mapping[str, Any], what: str) -> None:
    """Raise ValueError, which names the option, for a value of another type than the function's annotation.

    Values are those that YAML gives: as in JSON a list is as good as a tuple, but "1" is no number and 1 no text.
    """
    types = types_of(function)
    for name, value in options.items():
        if name not in types:
            continue
        try:
            TypeAdapter(types[name]).validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            raise ValueError(f"{what}: {wrong_type(name, error)}") from None
        except (PydanticUserError, TypeError):
            continue  # a type of ours, or a value from Python, which no YAML holds


def wrong_type(name: str, error: ValidationError) -> str:
    """Say where a value is wrong and what it should be, by the member of a union that goes furthest."""
    fault = max(error.errors(), key=lambda it: len(it["loc"]))
    inner = [str(key) for key in fault["loc"] if not str(key).endswith("]") and key not in UNION_KINDS]
    alike = [it["msg"] for it in error.errors() if len(it["loc"]) == len(fault["loc"])]
    rules = dict.fromkeys(rule.removeprefix("Input should be ") for rule in alike)
    return f"{'.'.join([name, *inner])} should be {' or '.join(rules)} (given: {json.dumps(fault['input'])[:80]})"


def did_you_mean(name: object, choices: Iterable[str]) -> str:
    """Return a question after the one of the choices that a name is nearly, or nothing.

    >>> did_you_mean("stepz", ["seed", "steps"])
    '; did you mean steps?'
    >>> did_you_mean("colour", ["seed", "steps"])
    ''
    """
    near = get_close_matches(str(name), list(choices), n=1)
    return f"; did you mean {near[0]}?" if near else ""
