"""Sketches and colours that lie beside a mask reach a network that takes them, and nothing else of the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from drawing_network import Drawing
from folder_pictures import BOX, load, noise, only, painted, save, white
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.folder import decensor
from inpaint.restoring.by_censor import RestorerByCensor
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction


def restorer() -> Restorer:
    return Restorer(Drawing(), shows={"hole": "grey"}, device="cpu")


def lines() -> np.ndarray:
    """A white line on black through the box."""
    sketch = np.zeros((40, 50), np.uint8)
    sketch[BOX[0].start + 2] = 255
    return sketch


def colours() -> np.ndarray:
    """A blue stroke on a clear layer."""
    layer = np.zeros((40, 50, 4), np.uint8)
    layer[BOX[0].start + 4] = (0, 0, 200, 255)
    layer[0, 0] = (9, 9, 9, 0)
    return layer


def expected(*, drawn: bool = True) -> np.ndarray:
    pixels = painted(noise(), BOX, colour=(128,) * 3)
    if drawn:
        pixels[BOX[0].start + 2, BOX[1]] = 255
        pixels[BOX[0].start + 4, BOX[1]] = (128, 128, 200)
    return pixels


@pytest.mark.parametrize("how", ["masks", "paint", "censor"])
@pytest.mark.parametrize("word", ["colour", "color", "COLOUR"])
def test_what_lies_beside_the_mask_or_the_picture_is_drawn_in_the_hole_alone(tmp_path: Path, how: str, word: str):
    beside = tmp_path / ("masks" if how == "masks" else "in")
    save(tmp_path / "in" / "a.png", noise() if how == "masks" else painted(noise(), BOX))
    save(tmp_path / "in" / "b.png", noise() if how == "masks" else painted(noise(), BOX))
    save(beside / "a_sketch.png", lines())
    save(beside / f"a_{word}.png", colours())
    if how == "masks":
        save(beside / "a_mask.png", white())
        save(beside / "b_mask.png", white())
    whole = RestorerByCensor({"hole": restorer()}) if how == "censor" else restorer()
    masks = beside if how == "masks" else None
    outcomes = decensor(tmp_path / "in", tmp_path / "out", restorer=whole, masks=masks, grow=0)
    assert [(it.path.stem, it.error) for it in outcomes] == [("a", None), ("b", None)]
    names = ("a", "b") if masks else ("a 0", "b 0")
    for name, drawn in zip(names, (True, False), strict=True):
        assert np.array_equal(load(tmp_path / "out" / f"{name}.png"), expected(drawn=drawn))


def test_passes_and_larger_pictures_carry_what_was_drawn(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX))
    save(tmp_path / "a_sketch.png", lines())
    save(tmp_path / "a_colour.png", colours())
    ways: list[dict[str, Any]] = [{"passes": 4}, {"view": "whole"}, {"outpaint": "8,0,4,0"}]
    for how in ways:
        outcome = only(decensor(tmp_path / "a.png", tmp_path / "out.png", restorer=restorer(), grow=0, **how))
        assert outcome.error is None
        restored = load(tmp_path / "out.png")
        restored = restored[4:, 8:] if "outpaint" in how else restored
        assert np.abs(restored.astype(int) - expected()).max() <= 1


@pytest.mark.parametrize(("ground", "line", "said"), [(255, 0, "dark lines on a bright ground"), (0, 0, "no line")])
def test_a_sketch_on_paper_is_understood_and_an_empty_one_told(tmp_path: Path, ground: int, line: int, said: str):
    save(tmp_path / "a.png", painted(noise(), BOX))
    sketch = np.full((40, 50), ground, np.uint8)
    sketch[BOX[0].start + 2] = line
    save(tmp_path / "a_sketch.png", sketch)
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out.png", restorer=restorer(), grow=0))
    assert said in (outcome.note or "")
    white_row = (load(tmp_path / "out.png")[BOX[0].start + 2, BOX[1]] == 255).all()
    assert white_row == (ground == 255)


def test_a_network_that_takes_none_leaves_them_and_says_so(tmp_path: Path):
    class Plain(Generator):
        def forward(self, image: Tensor, mask: Tensor) -> Prediction:
            return Prediction(torch.full_like(image, 0.5), {})

    save(tmp_path / "a.png", painted(noise(), BOX))
    save(tmp_path / "a_sketch.png", lines())
    plain = Restorer(Plain(), shows={"hole": "grey"}, device="cpu")
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out.png", restorer=plain, grow=0))
    assert "a_sketch.png was left: this network takes no sketch" in (outcome.note or "")
    assert np.array_equal(load(tmp_path / "out.png"), expected(drawn=False))


def test_another_size_is_an_error_of_its_file(tmp_path: Path):
    for name in ("a", "b"):
        save(tmp_path / "in" / f"{name}.png", painted(noise(), BOX))
    save(tmp_path / "in" / "a_sketch.png", lines()[:-1])
    first, second = decensor(tmp_path / "in", tmp_path / "out", restorer=restorer())
    assert "is a sketch of 50 x 39 pixels, but its picture has 50 x 40" in str(first.error)
    assert second.error is None


def test_an_input_that_a_network_does_not_take_is_refused_in_python():
    image, mask = torch.rand(3, 16, 16), torch.ones(1, 16, 16)
    with pytest.raises(ValueError, match="this network takes no depth; it takes sketch, colour"):
        restorer()(image, mask, inputs={"depth": mask})
    with pytest.raises(ValueError, match=r"the sketch has the shape \(3, 16, 16\), but must have \(1, 16, 16\)"):
        restorer()(image, mask, inputs={"sketch": image})
