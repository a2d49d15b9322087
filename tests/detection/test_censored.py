"""Mosaics and bars are found together, and what is found is written in every form."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint import images
from inpaint.detection.censored import Censored, find_censored, mask_of
from inpaint.detection.mosaics import search
from inpaint.folder.detecting import DETECTION_FORMS, detect_folder, write_found
from inpaint.mosaic.grid import Grid, pixelate

DEMO = Path(__file__).parent.parent.parent / "data" / "demo" / "clean"
GRID = Grid((12, 12), (3, 5))


@pytest.fixture
def picture() -> np.ndarray:
    """Give a photograph with one mosaic and one pink bar, (H, W, 3) uint8."""
    clean = np.array(Image.open(DEMO / "cat.png").convert("RGB"))
    mosaic = pixelate(torch.from_numpy(clean).permute(2, 0, 1).double(), GRID).round().byte().permute(1, 2, 0).numpy()
    clean[27:135, 53:197] = mosaic[27:135, 53:197]
    clean[200:230, 250:400] = (255, 105, 180)
    return clean


@pytest.fixture
def folder(tmp_path: Path, picture: np.ndarray) -> Path:
    """Give a folder with a censored picture in a subfolder, a clean one, and one that is no picture."""
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    Image.fromarray(picture).save(source / "deep" / "cat.png")
    Image.open(DEMO / "flower.png").save(source / "flower.png")
    (source / "broken.jpg").write_bytes(b"no picture")
    return source


def test_a_mosaic_and_a_bar_are_found_in_whole_numbers_and_in_fractions(picture: np.ndarray):
    levels = torch.from_numpy(picture).permute(2, 0, 1)
    found = find_censored(levels)
    assert [(region.censor, region.grid, region.colour) for region in found] == [
        ("mosaic", GRID, None),
        ("hole", None, (255, 105, 180)),
    ]
    truth = torch.zeros(1, *picture.shape[:2])
    truth[:, 27:135, 53:197] = 1
    truth[:, 200:230, 250:400] = 1
    mask = mask_of(found, picture.shape[:2])
    assert (mask * truth).sum() / torch.maximum(mask, truth).sum() > 0.9
    again = find_censored(levels / 255)
    assert torch.equal(mask_of(again, picture.shape[:2]), mask)


@pytest.mark.parametrize(("name", "side", "cells"), [("sunflower", 32, 9), ("flower", 24, 6), ("flower", 32, 5)])
def test_coarse_cells_are_whole_pixels_on_smooth_ground_and_do_not_hide_a_bar(name: str, side: int, cells: int):
    picture = np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))
    grid, box = Grid((side, side), (0, 0)), (slice(side, side * (1 + cells)),) * 2
    mosaic = pixelate(torch.from_numpy(picture).permute(2, 0, 1).double(), grid).round().byte().permute(1, 2, 0)
    picture[box] = mosaic.numpy()[box]
    picture[-60:-30, -160:-20] = (255, 105, 180)
    found = find_censored(torch.from_numpy(picture).permute(2, 0, 1))
    assert [(it.censor, it.grid, it.colour) for it in found] == [
        ("mosaic", grid, None),
        ("hole", None, (255, 105, 180)),
    ]


@pytest.mark.parametrize("form", DETECTION_FORMS)
def test_one_bad_file_never_stops_the_rest(folder: Path, tmp_path: Path, form: str):
    seen: list[int] = []
    sightings = detect_folder(
        folder, tmp_path / "out", form=form, progress=lambda sighting, done, total: seen.append(done)
    )
    assert [bool(sighting.error) for sighting in sightings] == [True, False, False]
    assert [len(sighting.found) for sighting in sightings] == [0, 2, 0]
    assert seen == [1, 2, 3]
    assert all(path.is_file() for sighting in sightings for path in sighting.outputs)


def test_several_at_once_write_the_same_in_the_same_order(folder: Path, tmp_path: Path):
    for number in range(5):
        Image.open(DEMO / "flower.png").crop((0, 0, 200, 150 + number)).save(folder / f"{number}.png")
    told: list[tuple[str, int, int]] = []
    alone = detect_folder(folder, tmp_path / "one", form="json")
    together = detect_folder(
        *(folder, tmp_path / "three"),
        form="json",
        jobs=3,
        progress=lambda it, done, count: told.append((it.path.name, done, count)),
    )
    assert [(it.path, it.error) for it in together] == [(it.path, it.error) for it in alone]
    assert told == [(it.path.name, number, 8) for number, it in enumerate(alone, 1)]
    written = [{it.name: it.read_bytes() for it in (tmp_path / name).rglob("*.json")} for name in ("one", "three")]
    assert written[0] == written[1]
    assert len(written[0]) == 7
    with pytest.raises(ValueError, match="jobs is 0"):
        detect_folder(folder, tmp_path / "none", jobs=0)


def test_of_a_large_picture_every_part_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search, "SEARCH_TILE", 300)
    monkeypatch.setattr(search, "SEARCH_OVERLAP", 60)
    told: list[tuple[str, int, int]] = []
    seen = detect_folder(
        folder / "deep",
        tmp_path / "out",
        part_progress=lambda file, done, count: told.append((file.name, done, count)),
    )
    assert told == [("cat.png", 1, 2), ("cat.png", 2, 2)]  # 300 x 451 px
    assert [it.censor for it in seen[0].found] == ["mosaic", "hole"]


def test_masks_are_mirrored_and_white_where_something_is_censored(folder: Path, tmp_path: Path):
    detect_folder(folder, tmp_path / "out")
    written = [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")]
    assert written == ["deep/cat.png"]
    mask = images.read_mask(tmp_path / "out" / "deep" / "cat.png")
    assert mask[0, 60, 100] == 1
    assert mask[0, 215, 300] == 1
    assert mask[0, 280, 20] == 0


def test_green_makes_the_folders_of_deepcreampy(folder: Path, tmp_path: Path, picture: np.ndarray):
    detect_folder(folder, tmp_path / "out", form="green")
    painted = np.array(Image.open(tmp_path / "out" / "decensor_input" / "deep" / "cat.png"))
    original = tmp_path / "out" / "decensor_input_original" / "deep" / "cat.png"
    assert original.read_bytes() == (folder / "deep" / "cat.png").read_bytes()
    green = (painted == (0, 255, 0)).all(2)
    assert green[60, 100]
    assert green[215, 300]
    assert (painted[~green] == picture[~green]).all()


def test_json_says_block_phase_outline_and_score(folder: Path, tmp_path: Path):
    detect_folder(folder, tmp_path / "out", form="json")
    said = json.loads((tmp_path / "out" / "deep" / "cat.json").read_text())
    mosaic, bar = said["regions"]
    assert (mosaic["censor"], mosaic["block"], mosaic["phase"]) == ("mosaic", [12, 12], [3, 5])
    assert 0 < mosaic["score"] <= 1
    assert min(y for y, _ in mosaic["outline"][0]) in range(20, 40)
    assert (bar["censor"], bar["colour"]) == ("hole", [255, 105, 180])
    assert json.loads((tmp_path / "out" / "flower.json").read_text())["regions"] == []


def test_a_picture_is_never_overwritten_by_what_is_found_in_it(folder: Path):
    sightings = detect_folder(folder / "deep" / "cat.png", folder / "deep")
    assert sightings[0].error is not None
    assert "would be overwritten" in sightings[0].error
    assert [path.name for path in (folder / "deep").iterdir()] == ["cat.png"]


def test_an_unknown_form_is_refused(folder: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="masks, green, overlay, json"):
        detect_folder(folder, tmp_path / "out", form="tables")


def test_a_mask_takes_two_bytes_a_pixel_until_it_is_written(tmp_path: Path):
    picture = images.Picture(np.full((1500, 2000, 3), 90, np.uint8))
    bar = Censored("hole", None, (0, 0, 0), 200, 300, np.ones((40, 400), bool), 1.0)
    tracemalloc.start()
    write_found(picture, [bar], "masks", tmp_path / "mask.png", tmp_path / "picture.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.2 * 1500 * 2000
    mask = np.asarray(Image.open(tmp_path / "mask.png"))
    assert (mask[200:240, 300:700] == 255).all()
    assert int((mask > 0).sum()) == 40 * 400
