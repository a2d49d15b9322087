"""Scenes of drawings depend on the art, the seed and the index alone; two handmade SVGs and one painting."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
BOX = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
DISC = BOX + '<circle cx="16" cy="16" r="14" fill="#c03"/></svg>'
FLAG = BOX + '<rect x="4" y="8" width="24" height="16" fill="#06c"/></svg>'


def module(name: str) -> Any:
    """A script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@pytest.fixture
def arts(tmp_path: Path) -> list[Any]:
    """Two pieces of vector art where there is a renderer, and a disc painted on nothing."""
    art = module("drawn_scene").Art
    rows, columns = np.mgrid[0:96, 0:96] - 47.5
    painted = np.zeros((96, 96, 4), np.uint8)
    painted[np.hypot(rows, columns) < 40] = 20, 140, 60, 255
    Image.fromarray(painted).save(tmp_path / "disc.png")
    vector = [art("a", "disc", DISC), art("b", "flag", FLAG)] if importlib.util.find_spec("resvg_py") else []
    return [*vector, art("c", "painted", path=tmp_path / "disc.png")]


def test_a_scene_is_a_function_of_seed_and_index(arts):
    scene = module("drawn_scene").scene
    first, again, other = scene(arts, 3, 5, 128), scene(arts, 3, 5, 128), scene(arts, 3, 6, 128)
    assert first.shape == (128, 128, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_vector_art_is_drawn_at_the_size_asked_for_with_soft_edges(arts):
    pytest.importorskip("resvg_py")
    rgba = module("drawn_scene").raster(arts[0], 80)
    assert max(rgba.shape[:2]) in range(68, 81)  # 28 of 32 units, cropped to what is drawn
    assert rgba[rgba.shape[0] // 2, rgba.shape[1] // 2].tolist() == pytest.approx([0.8, 0, 0.2, 1])
    assert ((rgba[..., 3] > 0.1) & (rgba[..., 3] < 0.9)).any()


def test_a_contour_surrounds_the_art_at_its_width():
    opaque = np.ones((20, 20, 4), np.float32)
    drawn = module("drawn_scene").outlined(opaque, 3.0, np.zeros(3))
    margin = (drawn.shape[0] - 20) // 2
    middle = drawn[drawn.shape[0] // 2]
    assert middle[margin, :3].tolist() == [1, 1, 1]
    assert middle[:margin, 3].sum() == pytest.approx(3.0, abs=0.5)
    assert middle[margin - 1].tolist() == pytest.approx([0, 0, 0, 1], abs=0.05)


def test_sources_are_equally_likely_and_held_out_ones_stay_apart(tmp_path):
    script = module("free_drawings")
    for source, number in (("noto", 3), ("twemoji", 1), ("fxemoji", 2)):
        lines = (json.dumps({"name": str(index), "svg": DISC}) + "\n" for index in range(number))
        (tmp_path / f"{source}.jsonl").write_text("".join(lines))
    shelf = script.load_art(tmp_path, held_out=False)
    drawn = [shelf[index].source for index in range(0, len(shelf), 100)]
    assert drawn.count("noto") == drawn.count("twemoji") == len(drawn) // 2
    assert {art.source for art in script.load_art(tmp_path, held_out=True).sources[0]} == {"fxemoji"}


def test_an_icon_becomes_a_picture_with_its_own_box():
    collection = {"width": 24, "height": 24, "icons": {"sun": {"body": '<path fill="currentColor"/>', "width": 48}}}
    ((name, svg),) = module("free_drawings").icons(collection)
    assert name == "sun"
    assert 'viewBox="0 0 48 24"' in svg
    assert "currentColor" not in svg
