"""How marked places are restored: every option once, for the command line, `inpaint.decensor` and the page alike.

An option is one field here and the place that uses it.  Its values are checked here, whoever gives them, and a wrong
one is refused in one sentence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from inpaint.folder.option_values import (
    LARGEST_BLOCK,
    MOST_GROWTH,
    MOST_OUTPAINTED,
    Growth,
    Level,
    OutpaintWidths,
    Shown,
    Side,
    block_from,
    none_if_empty,
    number_if_digits,
    option,
    whole_numbers,
)
from inpaint.restoring.censors import CENSORS

WHAT, HOW, FILES, REPORTS, MACHINE = PANELS = ("What to restore", "How", "Files", "Reports", "Machine")
MOST_RESULTS = 8  # of one picture, which is mirrored and turned in so many ways
HIGHEST_LEVEL = 65535  # of 16 bits
LONGEST_VALUE = 40  # letters of a wrong value that its sentence repeats


class DecensorOptions(BaseModel):
    """The options; values may be words, as a command line and a form give them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    censor: Annotated[str, BeforeValidator(lambda value: "hole" if value == "bar" else value)] = option(
        "marked",
        WHAT,
        "What was done to the marked places: marked decides by their pixels; auto does too, and where nothing is "
        "marked it looks for mosaics and bars; a hole is a bar, a scribble or anything else that hides all.",
        choices={
            "marked": "decide by the pixels",
            "auto": "also find what is not marked",
            **dict(zip(CENSORS, ("hole: bar, scribble, ...", "mosaic"), strict=True)),
        },
        label="Censor",
    )
    mark: str = option(
        "paint",
        WHAT,
        "What marks a place where there is no mask file: paint of one colour, or that the picture is transparent.",
        choices={"paint": "paint", "alpha": "transparent holes"},
        label="Marked by",
        batch=True,
    )
    colour: Annotated[tuple[Level, Level, Level], BeforeValidator(lambda value: whole_numbers(value, ","))] = option(
        (0, 255, 0),
        WHAT,
        "The colour of the paint that marks a place.",
        metavar="RED,GREEN,BLUE",
        rule="three whole numbers from 0 to 255, such as 0,255,0",
    )
    tolerance: int = option(
        0,
        WHAT,
        "How far paint may be from that colour (CIE 1976; 2 is hardly seen).",
        most=255,
        label="Green may be off by",
        batch=True,
    )
    invert_mask: bool = option(
        False, WHAT, "Restore what mask files leave black.", label="Masks are black on white", batch=True
    )
    mask_threshold: Annotated[int | None, BeforeValidator(none_if_empty)] = option(
        None,
        WHAT,
        "The level, of those in a mask file, from which a pixel is marked; else half of the highest that it can hold.",
        least=1,
        most=HIGHEST_LEVEL,
    )
    several_masks: str = option(
        "each",
        WHAT,
        "What NAME_mask001, NAME_mask002, ... are for: each for a result of its own, or their union for one.",
        choices={"each": "one result for each", "union": "one result for all"},
        label="Several masks of a picture",
        batch=True,
    )
    block: Annotated[tuple[Side, Side] | None, BeforeValidator(block_from)] = option(
        None,
        WHAT,
        "The mosaic's cell in px, height x width, where you know it; else it is found.",
        metavar="8|8x12",
        rule=f"one number or height x width, from 2 to {LARGEST_BLOCK}, such as 8 or 8x12",
        label="Mosaic cell, px",
    )
    grow: Literal["auto"] | Growth = option(
        "auto",
        WHAT,
        "Restore holes N px further than they are marked; auto: as far as paint is mixed into what is beside it.",
        most=MOST_GROWTH,
        label="Grow holes, px",
    )
    outpaint: OutpaintWidths = option(
        None,
        WHAT,
        "Make the picture so many px larger on each side, and draw what is new; what is marked is restored as well.",
        metavar="LEFT,RIGHT,TOP,BOTTOM",
        rule=f"one number or left,right,top,bottom, from 0 to {MOST_OUTPAINTED} px and not all 0, such as 64,64,0,0",
        label="Extend by, px (left,right,top,bottom)",
    )
    on_empty: str = option(
        "error",
        WHAT,
        "What becomes of a picture in which nothing is marked.",
        choices={"error": "an error", "copy": "copied", "skip": "left out"},
        label="A picture without marks is",
        batch=True,
    )
    feather: int = option(
        0,
        HOW,
        "Blend the restored edge into the known pixels over N px, inside the mark.",
        most=MOST_GROWTH,
        label="Blend the edge over, px",
    )
    match_colour: bool = option(
        False,
        HOW,
        "Match the colours of the whole restored place to the known pixels around it.",
        label="Match colours to the surroundings",
    )
    view: str = option(
        "auto",
        HOW,
        "What the network sees around a hole; auto is what it was made for.",
        choices={
            "auto": "what the network was made for",
            "crop": "a crop with context",
            "square": "a square of the size it learned from, at least",
            "whole": "the whole picture",
            "small": "the whole picture, shrunk to the size it learned from",
        },
        label="Seen around a hole",
    )
    passes: Annotated[int | str, BeforeValidator(number_if_digits)] = option(
        "auto",
        HOW,
        "Average the answers to the picture mirrored and turned in N ways, which takes N times as long; auto: 8 for "
        "small mosaics, else 1.",
        choices={
            "auto": "8 for small mosaics, else one",
            1: "one",
            2: "mean of 2, mirrored",
            4: "mean of 4, mirrored",
            8: "mean of 8, mirrored and turned",
        },
        label="Passes",
    )
    vivid: float = option(
        0.0,
        HOW,
        "How much detail to invent in mosaics, whose cells keep their means: 0 is nearest to the original on average, "
        "1 looks most like it; other results have slightly other detail.",
        share=True,
        label="Invented detail in mosaics, 0 to 1",
    )
    variations: int = option(
        1,
        HOW,
        "How many different results to make of each picture; those that a network draws begin with the most real one.",
        choices={1: "one", **{count: f"{count}, different" for count in range(2, MOST_RESULTS + 1)}},
        label="Results",
    )
    best: bool = option(
        False, HOW, "Number results by how well they fit the mosaic, the best first.", label="Best first"
    )
    skip_existing: bool = option(
        False,
        FILES,
        "Leave out pictures whose results are already there; goes on with a stopped batch.",
        off="--overwrite",
    )
    keep_times: bool = option(False, FILES, "Give results the times of the files that they came from.")
    dry_run: bool = option(False, FILES, "Restore nothing, but draw what was found over each picture.")

    @field_validator("*")
    @classmethod
    def must_be_a_choice(cls, value: Any, info: ValidationInfo) -> Any:
        choices = shown_of(info.field_name or "").choices
        if choices and value not in choices:
            raise ValueError(f"choose {', '.join(map(str, choices))}")
        return value


FIELDS: dict[str, FieldInfo] = DecensorOptions.model_fields


def shown_of(name: str) -> Shown:
    """Return how an option is shown."""
    extra = FIELDS[name].json_schema_extra
    assert isinstance(extra, dict)
    return cast(Shown, extra["shown"])


def options_from(given: Mapping[str, Any]) -> DecensorOptions:
    """Check options.  Raises ValueError, in a sentence, for a name that is none and for a wrong value."""
    try:
        return DecensorOptions.model_validate(dict(given))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
    if name not in FIELDS:
        raise ValueError(f"there is no option {name!r}; choose {', '.join(FIELDS)}")
    value = str(given[name])[:LONGEST_VALUE]
    raise ValueError(f"{name} is {value!r}, but must be {shown_of(name).rule}")


def show_options(function: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> None:
    """Let the signature of a function show parameters for the options in the place of its **options."""
    signature = inspect.signature(function, eval_str=True)
    own = [it for it in signature.parameters.values() if it.kind is not it.VAR_KEYWORD]
    function.__dict__["__signature__"] = signature.replace(parameters=[*own, *parameters])
