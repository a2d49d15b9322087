"""The command line, the Python call and the page accept the same options, and refuse the same values alike."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from folder_pictures import BOX, Fake, noise, only, painted, save
from pydantic import ValidationError

import inpaint
from inpaint import cli
from inpaint.folder import decensor
from inpaint.folder.options import FIELDS, PANELS, DecensorOptions, options_from, shown_of
from inpaint.web.asking import form_of_options, options_in

OF_PLACES = {"source", "output", "original", "restorer", "masks", "jobs", "thumbnails"} | {
    "progress",
    "frame_progress",
    "part_progress",
}
OF_THE_COMMAND = {"source", "output", "original", "mask", "jobs", "model", "json", "html", "backend", "device"}
EMPTY = ("mask_threshold", "outpaint")  # options that are words and whose default is None
WRONG = {
    "censor": "blur",
    "mark": "blue",
    "colour": "green",
    "tolerance": 256,
    "invert_mask": "perhaps",
    "mask_threshold": 0,
    "several_masks": "some",
    "block": "8x8x8",
    "grow": -1,
    "outpaint": "1,2,3",
    "on_empty": "cry",
    "feather": "soft",
    "match_colour": "perhaps",
    "view": "half",
    "passes": 3,
    "vivid": 2,
    "variations": 9,
    "best": "perhaps",
    "skip_existing": "perhaps",
    "keep_times": "perhaps",
    "dry_run": "perhaps",
}


def command() -> Any:
    return typer.main.get_command(cli.app).commands["decensor"]  # pyright: ignore[reportAttributeAccessIssue]


def test_the_three_ways_in_accept_the_same_options_with_the_same_defaults():
    defaults = {name: field.default for name, field in FIELDS.items()}
    of_python = {name: it.default for name, it in inspect.signature(inpaint.decensor).parameters.items()}
    assert {name: value for name, value in of_python.items() if name not in OF_PLACES} == defaults
    of_command = {it.name: it.default for it in command().params if it.name not in {*OF_THE_COMMAND, "precision"}}
    assert set(of_command) == set(FIELDS)
    assert options_from(of_command) == DecensorOptions() == options_in({}) == options_in(dict.fromkeys(FIELDS, ""))
    words = {
        name: str(value)
        for name, value in {
            **defaults,
            "colour": "1,2,3",
            "block": "8x12",
            "mask_threshold": "",
            "outpaint": "",
        }.items()
    }
    assert options_in(words) == options_from({"colour": (1, 2, 3), "block": (8, 12)})
    shown = {it["name"]: it["default"] for it in form_of_options()}
    assert shown == {name: defaults[name] for name in shown}
    assert {"feather", "match_colour", "best"} <= set(shown)


@pytest.mark.parametrize("name", FIELDS)
def test_the_three_ways_in_refuse_a_value_in_the_same_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    value, picture = WRONG[name], save(tmp_path / "a.png", painted(noise(), BOX))
    said = f"{name} is {str(value)!r}, but must be {shown_of(name).rule}"
    with pytest.raises(ValueError, match="but must be") as refused:
        decensor(picture, tmp_path / "out", restorer=Fake(), **{name: value})
    assert str(refused.value) == said
    with pytest.raises(ValueError, match="but must be") as refused:
        options_in({name: str(value)})
    assert str(refused.value) == said
    if isinstance(FIELDS[name].default, bool):
        return  # a flag takes no value
    flag = f"--{name.replace('_', '-')}"
    monkeypatch.setattr(
        sys, "argv", ["inpaint", "decensor", str(picture), "-o", str(tmp_path / "out"), flag, str(value)]
    )
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == f"inpaint: {said}\n"


def test_an_option_that_is_none_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="there is no option 'censored'; choose censor, mark, colour, "):
        options_from({"censored": "hole"})


def test_the_record_is_frozen_and_checks_itself():
    with pytest.raises(ValidationError):
        DecensorOptions().censor = "hole"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValidationError):
        DecensorOptions(censor="blur")


def test_a_bar_is_another_word_for_a_hole(tmp_path: Path):
    assert options_from({"censor": "bar"}) == options_in({"censor": "bar"}) == options_from({"censor": "hole"})
    save(tmp_path / "a.png", painted(noise(), BOX))
    assert only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), censor="bar")).censor == "hole"


def test_every_option_stands_in_a_panel_and_its_choices_in_the_help():
    for parameter in command().params:
        if parameter.name in FIELDS:
            assert parameter.rich_help_panel in PANELS
            assert parameter.help == FIELDS[parameter.name].description
            if shown_of(parameter.name).choices:
                assert parameter.metavar == f"[{'|'.join(map(str, shown_of(parameter.name).choices))}]"


class Watched(Fake):
    """Remembers how its edge shall be blended."""

    def __init__(self):
        super().__init__()
        self.asked: list[tuple[int, bool, int | str]] = []

    def __call__(self, *arguments, feather: int = 0, match_colour: bool = False, passes: int | str = "auto", **how):
        self.asked.append((feather, match_colour, passes))
        return super().__call__(*arguments, **how)


def test_feather_match_colour_and_passes_reach_the_restorer(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX))
    restorer = Watched()
    how = {"feather": 3, "match_colour": True, "passes": 2}
    assert only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=restorer, **how)).error is None
    assert restorer.asked == [(3, True, 2)]
