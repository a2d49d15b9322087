"""Bars that let the picture be seen are found unmarked, told with their opacity, and taken off; nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.detection.censored import find_censored
from inpaint.detection.translucent_bars import find_layered_bars
from inpaint.folder.detecting import detect_folder
from inpaint.images import Picture
from inpaint.restoring.repair import windows_of

DEMO = Path(__file__).parents[2] / "data" / "demo" / "clean"
BOX = slice(140, 180), slice(90, 230)


def scene(name: str) -> np.ndarray:
    return np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))


def layered(picture: np.ndarray, colour: tuple[int, int, int], opacity: float) -> np.ndarray:
    seen = picture.copy()
    seen[BOX] = np.round(picture[BOX] * (1 - opacity) + np.array(colour) * opacity)
    return seen


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)


@pytest.mark.parametrize(("colour", "opacity"), [((0, 0, 0), 0.5), ((255, 255, 255), 0.4), ((255, 105, 180), 0.7)])
def test_a_translucent_bar_is_found_with_its_opacity(colour: tuple[int, int, int], opacity: float):
    (found,) = find_censored(tensor(layered(scene("cat"), colour, opacity)))
    assert (found.censor, found.top, found.left, found.mask.shape) == ("layer", 140, 90, (40, 140))
    assert found.layer is not None
    assert 1 - found.layer.share[0] == pytest.approx(opacity, abs=0.05)


@pytest.mark.parametrize("name", ["autumn", "cat", "drawn_cat", "flower", "sunflower"])
def test_no_clean_picture_holds_one(name: str):
    picture = scene(name)
    assert find_layered_bars(tensor(picture), np.zeros(picture.shape[:2], bool)) == []


def test_it_is_told_in_json_and_a_repair_takes_it_off(tmp_path: Path):
    clean = scene("cat")
    seen = layered(clean, (0, 0, 0), 0.6)
    Image.fromarray(seen).save(tmp_path / "cat.png")
    sighting = detect_folder(tmp_path / "cat.png", tmp_path / "out", form="json")[0]
    (said,) = json.loads((tmp_path / "out" / "cat.json").read_text())["regions"]
    assert (said["censor"], said["box"], said["opacity"]) == ("layer", [140, 90, 180, 230], 0.6)
    (window,) = windows_of(sighting.found, Picture(seen))
    (part,) = window.damage
    assert part.censor == "layer"
    assert part.trace == sighting.found[0].layer  # even, so the same wherever the window begins


def test_in_a_large_picture_its_sides_are_placed_on_the_pixel(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inpaint.detection.translucent_bars.LARGEST_SEARCH", 50_000)
    picture = layered(scene("cat"), (255, 255, 255), 0.5)
    (found,) = find_layered_bars(tensor(picture), np.zeros(picture.shape[:2], bool))
    assert (found.top, found.left, found.size) == (140, 90, (40, 140))
