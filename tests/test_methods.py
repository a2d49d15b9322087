"""Every network restores a folder: the contract of `inpaint decensor`, whatever generator is behind it.

A checkpoint as training saves it, or one that was imported, restores pictures of odd sizes with holes and mosaics:
every marked pixel is answered, every other comes back bit for bit, and sizes are kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import load, mosaic, painted, save

import inpaint
from inpaint.assemble import load_network
from inpaint.checkpoint import save_checkpoint
from inpaint.config import parse_run, run_to_tree
from inpaint.generators import GENERATORS
from inpaint.importing.convert import import_weights
from inpaint.layers.mosaic_cells import OnCells
from inpaint.mosaic.grid import Grid
from inpaint.restoring.octaves import steps_of
from inpaint.restoring.turns import PASSES
from tests.generators.contract import built, small_options
from tests.importing.authors import WRITTEN
from tests.importing.authors.written import network
from tests.runs import tiny_tree

HOLES = {  # height and width of each picture, and the place that is painted over
    (97, 131): (slice(30, 71), slice(41, 90)),
    (40, 33): (slice(39, 40), slice(0, 1)),
    (200, 75): (slice(3, 190), slice(20, 29)),
}
MOSAICS = {
    (97, 131): (slice(25, 89), slice(37, 101)),
    (200, 75): (slice(1, 200), slice(0, 75)),  # up to three borders
}
GRID = Grid((8, 8), (1, 5))
PAINT = (10, 200, 30)  # what no network answers by chance, unlike black, white and pure green


def smooth(height: int, width: int) -> np.ndarray:
    """Make a picture (H, W, 3) uint8 whose every pixel differs from its neighbours, without any green."""
    y, x = np.mgrid[:height, :width]
    colours = np.stack([x * 180 / width + 20, y * 180 / height + 10, (x + y) * 150 / (height + width)], axis=2)
    return (colours + np.random.default_rng(0).integers(0, 40, (height, width, 3))).astype(np.uint8)


def restorer_of(model: Path) -> tuple[inpaint.Restorer, list[bool]]:
    """Load a checkpoint; the list tells of every answer of its network whether it was finite."""
    restorer, finite = load_network(model, device="cpu"), []
    restorer.generator.register_forward_hook(
        lambda network, given, prediction: finite.append(bool(prediction.image.isfinite().all()))
    )
    return restorer, finite


def assert_restores_holes(model: Path, folder: Path) -> None:
    """Restore painted pictures: the paint is gone from every pixel, and nothing else has changed."""
    restorer, finite = restorer_of(model)
    for size, box in HOLES.items():
        save(folder / "painted" / f"{size}.png", painted(smooth(*size), box, colour=PAINT))
    outcomes = inpaint.decensor(folder / "painted", folder / "out", restorer=restorer, colour=PAINT)
    assert [(it.error, it.censor) for it in outcomes] == [(None, "hole")] * len(HOLES)
    assert len(finite) == len(HOLES)
    assert all(finite)
    for size, box in HOLES.items():
        restored = load(folder / "out" / f"{size} 0.png")
        assert (restored[box] != PAINT).any(axis=2).all()
        assert np.array_equal(painted(restored, box), painted(smooth(*size), box))


def assert_restores_mosaics(model: Path, folder: Path) -> None:
    """Restore mosaics whose place is painted: the network answers, cells keep their means, nothing else has changed."""
    restorer, finite = restorer_of(model)
    for size, box in MOSAICS.items():
        pixels = mosaic(smooth(*size), GRID, box)
        save(folder / "marked" / f"{size}.png", painted(pixels, box))
        save(folder / "originals" / f"{size}.png", pixels)
    outcomes = inpaint.decensor(
        folder / "marked", folder / "clear", restorer=restorer, original=folder / "originals", block=GRID.block
    )
    assert [(it.error, it.censor, it.note) for it in outcomes] == [(None, "mosaic", None)] * len(MOSAICS)
    known = restorer.generator.cell_steps
    steps = len(steps_of(max(GRID.block), known)) if known else 1
    passes = PASSES[-1] if restorer.generator.mean_is_nearer else 1  # these mosaics are small
    assert len(finite) == passes * steps * len(MOSAICS)
    assert all(finite)
    for size, box in MOSAICS.items():
        restored, pixels = load(folder / "clear" / f"{size} 0.png"), mosaic(smooth(*size), GRID, box)
        assert np.array_equal(painted(restored, box), painted(pixels, box))
        assert np.abs(mosaic(restored, GRID, box).astype(int) - pixels).max() <= 1


def trained(name: str, folder: Path) -> Path:
    """Save a checkpoint of a tiny generator as training does: its weights, and the run that says how it is shown."""
    options = small_options(name)
    fills = [{"name": "mosaic", "block": 8}, {"name": "hole", "value": "grey"}]
    generator = built(name, options)
    on_cells = isinstance(generator, OnCells) or bool(generator.cell_steps)
    tree = tiny_tree(folder, folder, generator={"name": name, **options})
    tree["data"]["fill"] = fills[:1] if on_cells else fills
    run = run_to_tree(parse_run(tree, "test"))
    save_checkpoint(folder / "last.safetensors", generator.state_dict(), run=run, provenance={"step": 0})
    return folder / "last.safetensors"


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_restores_a_folder(name: str, tmp_path: Path):
    model = trained(name, tmp_path)
    if "hole" in inpaint.load(model, device="cpu").shows:
        assert_restores_holes(model, tmp_path)
    assert_restores_mosaics(model, tmp_path)


def imported(name: str, folder: Path) -> Path:
    """Import the file or files of one case, written as its authors do."""
    layout, case = WRITTEN[name]
    states = case.files(network(case.generator, **case.options).state_dict())
    files = [folder / f"{number}.pth" for number in range(len(states))]
    for file, state in zip(files, states, strict=True):
        torch.save({"generator": state}, file)
    return import_weights(files, folder / "ours.safetensors", layout=layout).output


@pytest.mark.parametrize("name", WRITTEN)
def test_every_imported_network_restores_a_folder(name: str, tmp_path: Path):
    model = imported(name, tmp_path)
    shows = inpaint.load(model, device="cpu").shows
    if "hole" in shows:
        assert_restores_holes(model, tmp_path)
    if "mosaic" in shows:
        assert_restores_mosaics(model, tmp_path)
