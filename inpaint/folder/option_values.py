"""Values of options as a command line and a form give them, in words, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

MOST_GROWTH = 256  # px that a hole may grow, or an edge be blended over
LARGEST_BLOCK = 4096  # px
MOST_OUTPAINTED = 16384  # px on one side


def whole_numbers(value: Any, between: str) -> Any:
    """Read numbers with something between them; other values are left to the field."""
    return tuple(int(number) for number in value.lower().split(between)) if isinstance(value, str) else value


def block_from(value: Any) -> Any:
    """Read 8 or 8x12; None and the empty word leave the block to be found."""
    if value in (None, ""):
        return None
    sides = (value,) if isinstance(value, int) else whole_numbers(value, "x")
    return (sides[0], sides[0]) if isinstance(sides, tuple) and len(sides) == 1 else sides


def sides_from(value: Any) -> Any:
    """Read 32 or 32,32,0,8; None and the empty word extend nothing."""
    if value in (None, ""):
        return None
    sides = (value,) if isinstance(value, int) else whole_numbers(value, ",")
    return sides * 4 if isinstance(sides, tuple) and len(sides) == 1 else sides


def some_side(sides: Any) -> Any:
    """Refuse four zeros."""
    if sides is not None and not any(sides):
        raise ValueError("no side is extended")
    return sides


def number_if_digits(value: Any) -> Any:
    """Read a word of digits as a number."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def none_if_empty(value: Any) -> Any:
    """Read the empty word as None."""
    return None if value == "" else value


Growth = Annotated[int, Field(ge=0, le=MOST_GROWTH)]
Level = Annotated[int, Field(ge=0, le=255)]
Side = Annotated[int, Field(ge=2, le=LARGEST_BLOCK)]
Width = Annotated[int, Field(ge=0, le=MOST_OUTPAINTED)]
OutpaintWidths = Annotated[
    tuple[Width, Width, Width, Width] | None, AfterValidator(some_side), BeforeValidator(sides_from)
]


class Shown(NamedTuple):
    """How an option is shown to a person."""

    panel: str
    rule: str  # what a value must be, as a sentence that refuses one says it
    metavar: str  # the same, in short
    choices: Mapping[Any, str]  # value -> what it means; empty where there is no choice
    label: str  # on the page; "" where the page has no use for it
    batch: bool  # whether it means something for batches alone
    off: str  # the flag that says no, where there is one
    most: int | None


def option(
    default: Any,
    panel: str,
    sentence: str,
    *,
    choices: Mapping[Any, str] | None = None,
    least: int = 0,
    most: int | None = None,
    metavar: str = "",
    rule: str = "true or false",
    label: str = "",
    batch: bool = False,
    off: str = "",
    share: bool = False,
) -> Any:
    """Declare an option by its default, what it does in a sentence, and what its values are."""
    if choices:
        values = [*map(str, choices)]
        metavar, rule = f"[{'|'.join(values)}]", f"{', '.join(values[:-1])} or {values[-1]}"
    elif most is not None:
        numbers = f"a whole number from {least} to {most}"
        metavar, rule = (f"{default}|N", f"{default} or {numbers}") if isinstance(default, str) else ("N", numbers)
    elif share:
        most, metavar, rule = 1, "0..1", "a number from 0 to 1"
    extra: Any = {"shown": Shown(panel, rule, metavar, choices or {}, label, batch, off, most)}
    bounds: Any = {} if most is None or isinstance(default, str) else {"ge": least, "le": most}
    return Field(default, description=sentence, json_schema_extra=extra, **bounds)
