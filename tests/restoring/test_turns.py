"""The mean over a picture mirrored and turned."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.generators import cells
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.restoring import restorer as restorers
from inpaint.restoring.octaves import restore_cells
from inpaint.restoring.restorer import Restorer
from inpaint.restoring.turns import PASSES, TURNS
from inpaint.sample import Prediction

GRID = Grid((4, 4), (0, 0))


class Sloping(Generator):
    """Answers with what rises to the right, whatever it sees; so other turns give other answers."""

    multiple = 8

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.sizes.append(tuple(image.shape[2:]))
        return Prediction(torch.linspace(0, 1, image.shape[3]).expand_as(image), {})


def a_mosaic(height: int = 40, width: int = 56) -> tuple[Tensor, Tensor, Tensor]:
    picture = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, height, width)
    mask[:, 12:28, 16:36] = 1
    return torch.where(mask > 0.5, pixelate(picture, GRID), picture), mask, picture


def a_network(noise: int = 0) -> Generator:
    torch.manual_seed(1)
    network = cells.build(width=8, blocks=1, deep=8, deep_blocks=1, noise=noise)
    for head in network.heads.values():  # pyright: ignore
        torch.nn.init.normal_(head.weight, std=0.2)  # pyright: ignore
    return network


def test_turns_differ_and_come_back():
    picture = torch.arange(6.0).reshape(1, 2, 3)
    assert len({(turn.there(picture).shape, tuple(turn.there(picture).flatten().tolist())) for turn in TURNS}) == 8
    for turn in TURNS:
        assert torch.equal(turn.back(turn.there(picture)), picture)


def test_a_hole_is_the_mean_of_its_passes():
    image, mask, _ = a_mosaic()
    answers = {}
    for passes in PASSES:
        network = Sloping()
        answers[passes] = Restorer(network, shows={"hole": "grey"}, device="cpu")(image, mask, passes=passes)
        assert len(network.sizes) == passes
        assert torch.equal(answers[passes].where(mask < 0.5, torch.zeros(())), image.where(mask < 0.5, torch.zeros(())))
    inside = {passes: answer[:, 12:28, 16:36] for passes, answer in answers.items()}
    assert inside[1].std() > 0.05
    for passes in PASSES[1:]:  # what rises to the right and what rises to the left is flat together
        assert torch.allclose(inside[passes], torch.tensor(0.5), atol=0.02)


def test_the_mean_over_cells_is_alike_from_every_side():
    image, mask, _ = a_mosaic()
    network = a_network()
    plain = restore_cells(network, image, mask, GRID)  # pyright: ignore
    mean = restore_cells(network, image, mask, GRID, passes=8)  # pyright: ignore
    assert not torch.allclose(plain, mean, atol=1e-3)
    for turn in TURNS:
        turned = restore_cells(network, turn.there(image), turn.there(mask), GRID, passes=8)  # pyright: ignore
        assert torch.allclose(turn.back(turned), mean, atol=1e-5)
    of_cells = torch.nn.functional.avg_pool2d
    assert torch.allclose(of_cells(mean, 4), of_cells(image, 4), atol=1e-5)


@pytest.mark.parametrize(
    ("how", "passes"),
    [({}, 8), ({"flips": (False, True)}, 1), ({"passes": 2}, 2), ({"passes": 1}, 1)],
)
def test_small_mosaics_are_looked_at_from_every_side(how: dict, passes: int):
    image, mask, _ = a_mosaic()
    assert passes_made(a_network(), image, mask, **how) == passes


def test_large_mosaics_and_networks_that_invent_are_looked_at_once(monkeypatch: pytest.MonkeyPatch):
    image, mask, _ = a_mosaic()
    assert passes_made(a_network(noise=2), image, mask) == 1
    monkeypatch.setattr(restorers, "SMALL_MOSAICS", 500)
    assert passes_made(a_network(), image, mask) == 1


def test_a_wrong_number_of_passes_is_told():
    image, mask, _ = a_mosaic()
    with pytest.raises(ValueError, match="passes are 3; choose auto, 1, 2, 4 or 8"):
        Restorer(Sloping(), shows={"hole": "grey"}, device="cpu")(image, mask, passes=3)


def passes_made(network: Generator, image: Tensor, mask: Tensor, **how) -> int:
    """Return how often a network is asked for a mosaic that it restores in one step."""
    asked = []
    network.register_forward_hook(lambda *_: asked.append(1))
    Restorer(network, shows={"mosaic": "nearest"}, device="cpu")(image, mask, censor="mosaic", grid=GRID, **how)
    return len(asked)
