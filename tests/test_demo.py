"""The demo pictures: they fit together, they are licensed, and the script that made them makes them again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import PIL
import pytest
import torch
from PIL import Image

from inpaint import images
from inpaint.detection.damage import find_damage, labelled_regions
from inpaint.mosaic.grid import Grid, pixelate

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "data" / "demo"
NAMES = sorted(path.stem for path in (DEMO / "input").iterdir())
REGIONS = json.loads((DEMO / "regions.json").read_text(encoding="utf-8"))
GREEN = (0, 255, 0)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location("make_demo", ROOT / "scripts" / "make_demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pixels(folder: Path, name: str) -> np.ndarray:
    """The picture (H, W, 3) uint8."""
    with Image.open(folder / f"{name}.png") as picture:
        assert picture.mode == "RGB"
        return np.array(picture)


def green(name: str) -> np.ndarray:
    """What is marked, (H, W) bool."""
    return (pixels(DEMO / "input", name) == GREEN).all(2)


def inside(name: str, box: list[int]) -> np.ndarray:
    """The pixels of a box, (H, W) bool."""
    covered = np.zeros(green(name).shape, dtype=bool)
    covered[box[0] : box[0] + box[2], box[1] : box[1] + box[3]] = True
    return covered


def test_the_folders_and_the_record_hold_the_same_pictures() -> None:
    assert 4 <= len(NAMES) <= 6
    assert sorted(REGIONS) == NAMES
    for folder in ("input", "original", "clean"):
        assert sorted(path.name for path in (DEMO / folder).iterdir()) == [f"{name}.png" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_outside_the_green_all_three_pictures_are_equal(name: str) -> None:
    marked, original, clean = (pixels(DEMO / folder, name) for folder in ("input", "original", "clean"))
    assert marked.shape == original.shape == clean.shape
    known = ~green(name)
    assert (marked[known] == original[known]).all()
    assert (original[known] == clean[known]).all()


@pytest.mark.parametrize("name", NAMES)
def test_clean_and_censored_pictures_hold_no_green_by_themselves(name: str) -> None:
    for folder in ("original", "clean"):
        assert not (pixels(DEMO / folder, name) == GREEN).all(2).any()


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_region_is_one_green_region(name: str) -> None:
    regions = REGIONS[name]["regions"]
    labels, boxes = labelled_regions(torch.from_numpy(green(name))[None].float())
    assert len(boxes) == len(regions)
    touched = [np.unique(labels[inside(name, region["box"]) & (labels > 0)]).tolist() for region in regions]
    assert sorted(touched) == [[number] for number in range(1, len(boxes) + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_bars_have_one_colour_and_mosaics_flat_cells(name: str) -> None:
    original, changed = pixels(DEMO / "original", name), green(name)
    levels = torch.from_numpy(original).permute(2, 0, 1).double()
    for region in REGIONS[name]["regions"]:
        covered = changed & inside(name, region["box"])
        if region["kind"] == "mosaic":
            grid = Grid(tuple(region["grid"]["block"]), tuple(region["grid"]["phase"]))
            assert 6 <= min(grid.block) <= max(grid.block) <= 14
            again = pixelate(levels, grid)
            assert torch.equal(again[:, torch.from_numpy(covered)], levels[:, torch.from_numpy(covered)])
        else:
            share = (original[covered] == region["colour"]).all(1).mean()
            assert share == 1.0 if region["brush"] == 0 else 0.5 < share < 1.0


@pytest.mark.parametrize("name", NAMES)
def test_the_pixels_of_the_original_tell_what_was_done(name: str) -> None:
    mask = torch.from_numpy(green(name))[None].float()
    found = find_damage(images.read(DEMO / "original" / f"{name}.png").tensor(), mask, censor="auto")
    for region in REGIONS[name]["regions"]:
        here = torch.from_numpy(inside(name, region["box"]))
        (damage,) = (damage for damage in found if (damage.mask[0].bool() & here).any())
        assert damage.censor == ("mosaic" if region["kind"] == "mosaic" else "hole")
        if damage.grid is not None:
            assert {"block": [*damage.grid.block], "phase": [*damage.grid.phase]} == region["grid"]


def test_the_demo_shows_bars_with_mosaics_a_region_at_the_border_and_a_generous_brush() -> None:
    kinds = [{region["kind"] for region in record["regions"]} for record in REGIONS.values()]
    assert any({"bar", "mosaic"} <= kind for kind in kinds)
    assert any((rim := green(name))[[0, -1]].any() or rim[:, [0, -1]].any() for name in NAMES)
    assert sum(region.get("brush", 0) > 0 for record in REGIONS.values() for region in record["regions"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_licence_of_every_picture_is_told(name: str) -> None:
    lines = (DEMO / "LICENCES.md").read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if line.startswith(f"| `{name}.png` |"))
    assert "https://creativecommons.org/" in row


def test_the_demo_is_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file()) <= 3_000_000


def test_the_script_makes_the_committed_pixels_and_record_again(script: ModuleType, tmp_path: Path) -> None:
    script.make(DEMO, tmp_path)
    record = (tmp_path / "regions.json").read_text(encoding="utf-8")
    assert record == (DEMO / "regions.json").read_text(encoding="utf-8")
    for folder in ("input", "original"):  # pixels, not bytes: other versions of zlib pack them differently
        for name in NAMES:
            assert np.array_equal(pixels(tmp_path / folder, name), pixels(DEMO / folder, name))


@pytest.mark.skipif(tuple(map(int, PIL.__version__.split(".")[:2])) < (10, 1), reason="captions need Pillow 10.1")
def test_the_figure_shows_the_restored_picture_between_the_marked_and_the_clean_one(
    script: ModuleType, tmp_path: Path
) -> None:
    name = NAMES[0]
    red = Image.new("RGB", pixels(DEMO / "clean", name).shape[1::-1], (255, 0, 0))
    red.save(tmp_path / f"{name} 0.png")
    figure = np.array(script.figure(DEMO, [tmp_path], [name]))
    (height, width), (top, left) = script.VIEW, script.CENSORS[name].view
    clean = pixels(DEMO / "clean", name)[top : top + height, left : left + width]
    row = figure[script.MARGIN + script.CAPTION :][:height]
    tiles = [row[:, script.MARGIN + column * (width + script.GAP) :][:, :width] for column in range(4)]
    assert (tiles[1] == GREEN).all(2).any()
    assert (tiles[2] == (255, 0, 0)).all()
    assert np.array_equal(tiles[3], clean)
    assert (figure[-script.MARGIN :] == script.PAPER).all()
    script.save_figure(Image.fromarray(figure), tmp_path / "figure.jpg")
    assert 0 < (tmp_path / "figure.jpg").stat().st_size <= script.LARGEST_FIGURE


def test_a_missing_restored_picture_is_told(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no restored picture"):
        script.figure(DEMO, [tmp_path], NAMES[:1])
