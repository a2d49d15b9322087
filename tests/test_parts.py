"""Parts are built from names and options; what does not fit is told with its place, its rule and its choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from inpaint.parts import Part, build, build_options, call


def shape(
    *,
    width: int = 8,
    scale: float = 1.0,
    sides: Sequence[int] = (1, 2),
    kind: str | Mapping[str, float] = "round",
    weights: Mapping[str, float | Sequence[Sequence[float]]] | None = None,
    flag: bool = False,
) -> dict[str, Any]:
    return {"width": width, "scale": scale, "sides": sides, "kind": kind, "weights": weights, "flag": flag}


class Shape:
    def __init__(self, given: str, *, width: int = 8):
        self.width = width


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": "wide"}, 'width should be a valid integer (given: "wide")'),
        ({"width": "8"}, 'width should be a valid integer (given: "8")'),
        ({"width": 8.5}, "width should be a valid integer (given: 8.5)"),
        ({"width": True}, "width should be a valid integer (given: true)"),
        ({"width": None}, "width should be a valid integer (given: null)"),
        ({"scale": [1]}, "scale should be a valid number (given: [1])"),
        ({"sides": "wide"}, 'sides should be a valid array (given: "wide")'),
        ({"sides": [1, "2"]}, 'sides.1 should be a valid integer (given: "2")'),
        ({"kind": 3}, "kind should be a valid string or an object (given: 3)"),
        ({"kind": {"round": "much"}}, 'kind.round should be a valid number (given: "much")'),
        ({"weights": {"l1": "1"}}, 'weights.l1 should be a valid number or a valid array (given: "1")'),
        ({"weights": [1]}, "weights should be an object (given: [1])"),
        ({"flag": "yes"}, 'flag should be a valid boolean (given: "yes")'),
    ],
)
def test_an_option_of_another_type_is_named_with_its_place(options: dict[str, Any], words: str):
    with pytest.raises(ValueError) as error:
        call(shape, options, "thing shape")
    assert str(error.value) == f"thing shape: {words}"


def test_what_yaml_gives_fits():
    given = {"width": 3, "scale": 2, "sides": [4, 5], "kind": {"round": 1}, "weights": {"l1": [[0, 1.0], [10, 2]]}}
    assert call(shape, given, "shape") == {"flag": False, **given}
    assert call(shape, {"weights": None}, "shape")["weights"] is None
    assert call(partial(shape, flag=True), {"width": 3}, "shape")["flag"]


def test_classes_are_looked_at_too():
    assert list(build_options(Shape)) == ["width"]
    assert call(Shape, {"width": 3}, "shape", "given").width == 3
    with pytest.raises(ValueError, match="width should be a valid integer"):
        call(Shape, {"width": "3"}, "shape", "given")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"name": "shap"}, "thing 'shap' is unknown; choose shape, other; did you mean shape?"),
        ({"name": "xyz"}, "thing 'xyz' is unknown; choose shape, other"),
        ({"name": "shape", "widht": 3}, "has no option 'widht'; it has width, scale, .*; did you mean width?"),
        ({"name": "shape", "colour": 3}, "has no option 'colour'; it has width, scale, sides, kind, weights, flag$"),
    ],
)
def test_unknown_names_and_options_list_the_choices_and_the_nearest(part: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        build({"shape": shape, "other": shape}, Part.model_validate(part), "thing")


@pytest.mark.parametrize(
    ("options", "words"),
    [({"width": 0}, "generator shape: width is 0: it must be at least 1"), ({"width": -8}, "width is -8")],
)
def test_a_network_of_no_channels_is_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        build({"shape": shape}, Part(name="shape", **options), "generator")
    assert build({"shape": shape}, Part(name="shape", **options), "fill")["width"] == options["width"]


def test_numbers_that_would_take_all_memory_are_refused():
    with pytest.raises(ValueError, match="mask shape: width is 99999999999: it must be at most 100,000"):
        build({"shape": shape}, Part.model_validate({"name": "shape", "width": 99999999999}), "mask")


def test_a_recipe_pulls_nothing_away():
    def learning(*, penalty: float = 1.0) -> None: ...

    with pytest.raises(ValueError, match=r"^recipe learning: penalty is -3: it must be at least 0$"):
        build({"learning": learning}, Part.model_validate({"name": "learning", "penalty": -3}), "recipe")


def test_a_value_that_a_part_refuses_is_told_with_the_part():
    def strict(*, share: float = 0.5) -> None:
        raise ValueError(f"share is {share}: it must be below 1")

    with pytest.raises(ValueError, match=r"^fill strict: share is 3: it must be below 1$"):
        build({"strict": strict}, Part.model_validate({"name": "strict", "share": 3}), "fill")
