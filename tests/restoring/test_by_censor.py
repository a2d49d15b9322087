"""Several networks as one restorer: who restores what, and what is said where nobody can."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.generators import GENERATORS
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.restoring.by_censor import RestorerByCensor
from inpaint.restoring.restorer import Restorer
from inpaint.restoring.turns import FLIPS, Flips
from inpaint.sample import Prediction, composite

GRID = Grid((8, 6), (3, 1))


class Answers(Generator):
    """A network whose every answer is one level."""

    def __init__(self, level: float):
        super().__init__()
        self.level = level

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(torch.full_like(image, self.level), {})


def restorer_of(level: float) -> Restorer:
    return Restorer(Answers(level), shows={"hole": "grey", "mosaic": "nearest"}, device="cpu")


def steps_restorer() -> Restorer:
    torch.manual_seed(0)
    generator = GENERATORS["cells"](width=8, blocks=1, deep=8, deep_blocks=1)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    return Restorer(generator, shows={"mosaic": "nearest"}, device="cpu")


def mosaic(height: int = 70, width: int = 90) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    image, mask = torch.rand(3, height, width, generator=rng), torch.zeros(1, height, width)
    mask[:, 11:51, 13:73] = 1
    return composite(pixelate(image, GRID)[None], image[None], mask[None])[0], mask


def test_each_censor_goes_to_its_own_network():
    restore = RestorerByCensor({"hole": restorer_of(0.25), "mosaic": restorer_of(0.75)})
    image, mask = mosaic()
    assert restore(image, mask)[:, 20, 20].unique().item() == 0.25
    assert restore(image, mask, censor="mosaic", grid=GRID, keep=False)[:, 20, 20].unique().item() == 0.75
    assert restore.shows == {"hole": "grey", "mosaic": "nearest"}


def test_a_grid_that_nobody_gives_is_found_and_the_cells_are_kept():
    restore = RestorerByCensor({"mosaic": steps_restorer()})
    image, mask = mosaic()
    found, given = restore(image, mask, censor="mosaic"), restore(image, mask, censor="mosaic", grid=GRID)
    assert torch.equal(found, given)
    assert (pixelate(found, GRID) - pixelate(image, GRID)).abs().max() < 1 / 510
    assert torch.equal(found[:, :11], image[:, :11])


def test_what_shows_no_grid_is_restored_by_the_network_for_that_which_is_loaded_once():
    loaded: list[int] = []

    def load() -> Restorer:
        loaded.append(1)
        return restorer_of(0.5)

    restore = RestorerByCensor({"mosaic": steps_restorer()}, without_grid=load)
    noise, mask = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1)), torch.zeros(1, 64, 64)
    mask[:, 20:40, 20:40] = 1
    for _ in range(2):
        assert restore(noise, mask, censor="mosaic")[:, 30, 30].unique().item() == 0.5
    assert loaded == [1]
    with pytest.raises(ValueError, match="it needs their grid"):
        RestorerByCensor({"mosaic": steps_restorer()})(noise, mask, censor="mosaic")


@pytest.mark.parametrize(
    ("given", "words"),
    [({"censor": "blur"}, "'blur' is unknown; choose hole or mosaic"), ({"censor": "hole"}, "there is one for mosaic")],
)
def test_another_censor_is_refused_in_a_sentence(given: dict[str, Any], words: str):
    image, mask = mosaic()
    with pytest.raises(ValueError, match=words):
        RestorerByCensor({"mosaic": restorer_of(0.5)})(image, mask, **given)


@pytest.mark.parametrize("flips", FLIPS[1:])
def test_a_mirrored_or_turned_mosaic_is_restored_on_the_same_cells(flips: Flips):
    image, mask = mosaic()
    restored = steps_restorer()(image, mask, censor="mosaic", grid=GRID, flips=flips, keep=False)
    inside = (mask > 0.5).expand(3, -1, -1)
    assert (pixelate(restored, GRID) - pixelate(image, GRID)).abs().max() < 1e-3, "steps keep the cells themselves"
    plain = steps_restorer()(image, mask, censor="mosaic", grid=GRID, keep=False)
    assert (restored - plain)[inside].abs().max() > 1e-4, "the network answers otherwise to a mirrored picture"
    assert torch.equal(restored[~inside], image[~inside])


@pytest.mark.parametrize("tile", [512, 32])
def test_tiles_of_a_mosaic_agree_with_the_whole(tile: int):
    restorer = steps_restorer()
    image, mask = mosaic(150, 170)
    mask[:, 11:131, 13:157] = 1
    image = composite(pixelate(image, GRID)[None], image[None], mask[None])[0]
    whole = restorer(image, mask, censor="mosaic", grid=GRID)
    restorer.tile = tile
    apart = (restorer(image, mask, censor="mosaic", grid=GRID) - whole).abs()
    assert apart.mean() < 0.01, "an answer hangs on what is near"
    assert apart.max() < 0.1
