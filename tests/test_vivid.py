"""Invented detail in mosaics: between the faithful answer and a drawn one, with the means of the cells."""

from functools import partial

import pytest
import torch
from torch import nn

import inpaint
from inpaint import images
from inpaint.folder.options import options_from
from inpaint.folder.passes import restorer_with
from inpaint.generators.cells import build
from inpaint.mosaic.grid import Grid
from inpaint.restoring.by_censor import RestorerByCensor
from inpaint.restoring.restorer import Restorer

GRID = Grid((8, 8), (0, 0))


def of_cells(seed: int, noise: int) -> Restorer:
    torch.manual_seed(seed)
    network = build(width=8, blocks=1, deep=8, deep_blocks=1, noise=noise)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    return Restorer(network, shows={"mosaic": "nearest"}, device="cpu")


@pytest.fixture(scope="module")
def both() -> RestorerByCensor:
    return RestorerByCensor({"mosaic": of_cells(0, 0)}, vivid=partial(of_cells, 1, 2))


@pytest.fixture(scope="module")
def mosaic() -> tuple[torch.Tensor, torch.Tensor]:
    image, mask = torch.rand(3, 64, 72, generator=torch.Generator().manual_seed(3)), torch.zeros(1, 64, 72)
    mask[:, 16:48, 24:56] = 1
    cells = means(image)[:, 2:6, 3:7]
    image[:, 16:48, 24:56] = cells.repeat_interleave(8, 1).repeat_interleave(8, 2)
    return image, mask


def means(image: torch.Tensor) -> torch.Tensor:
    return nn.functional.avg_pool2d(image, 8)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_an_answer_lies_between_both_and_keeps_known_pixels_and_means(both, mosaic, share):
    image, mask = mosaic
    ask = partial(both, image, mask, censor="mosaic", grid=GRID)
    near, lively, answer = ask(), ask(vivid=1.0), ask(vivid=share)
    assert (near - lively).abs().max() > 0.01
    assert torch.allclose(answer, near + share * (lively - near), atol=1e-6)
    assert torch.equal(answer[:, mask[0] == 0], image[:, mask[0] == 0])
    assert (means(answer) - means(image)).abs().max() < 1e-4


def test_variations_differ_in_the_mosaic_alone_and_come_again(both, mosaic):
    image, mask = mosaic
    ask = partial(both, image, mask, censor="mosaic", grid=GRID, vivid=0.7)
    first, second = ask(flips=(False, True)), ask(flips=(True, False))
    assert (first - second).abs().max() > 1e-3
    assert torch.equal(first, ask(flips=(False, True)))
    assert torch.equal(first[:, mask[0] == 0], second[:, mask[0] == 0])


def test_without_a_network_for_it_it_is_refused(mosaic):
    plain = RestorerByCensor({"mosaic": of_cells(0, 0)})
    with pytest.raises(ValueError, match="no network here that invents detail"):
        plain(*mosaic, censor="mosaic", grid=GRID, vivid=0.5)
    with pytest.raises(ValueError, match=r"vivid is 0\.5, but only the model default"):
        restorer_with(plain, options_from({"vivid": "0.5"}))


def test_a_restorer_with_options_still_tells_how_its_answers_are_ranked():
    class Drawing(RestorerByCensor):
        judges, unranked = "a judge", True  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    chosen = restorer_with(Drawing({"mosaic": of_cells(0, 0)}), options_from({"feather": 2}))
    assert (getattr(chosen, "judges", None), getattr(chosen, "unranked", None)) == ("a judge", True)


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "much", "inf"])
def test_a_wrong_value_is_refused_in_a_sentence(value):
    with pytest.raises(ValueError, match=f"vivid is '{value}', but must be a number from 0 to 1"):
        options_from({"vivid": value})


def test_the_bundled_network_makes_a_file_livelier_each_time_otherwise(tmp_path):
    rows, columns = torch.meshgrid(torch.arange(96), torch.arange(128), indexing="ij")
    wave = (rows * 0.9).sin() * (columns * 0.7).sin() * 0.25 + 0.5
    picture = wave.repeat(3, 1, 1) + 0.1 * torch.randn(3, 96, 128, generator=torch.Generator().manual_seed(0))
    cells = means(picture)[:, 4:8, 5:11]
    picture[:, 32:64, 40:88] = cells.repeat_interleave(8, 1).repeat_interleave(8, 2)
    mask = torch.zeros(3, 96, 128)
    mask[:, 32:64, 40:88] = 1
    for name, pixels in (("pictures/a.png", picture.clamp(0, 1)), ("masks/a.png", mask)):
        images.write(images.from_array(pixels), tmp_path / name)
    how = {"restorer": inpaint.load("default", device="cpu"), "masks": tmp_path / "masks"}
    (near,) = inpaint.decensor(tmp_path / "pictures", tmp_path / "near", **how)
    (lively,) = inpaint.decensor(tmp_path / "pictures", tmp_path / "lively", vivid=1, variations=2, **how)
    assert [it.status for it in (near, lively)] == ["restored", "restored"]
    outputs = (*lively.outputs, *near.outputs)
    first, second, still = (images.read(it).tensor()[:, 32:64, 40:88] for it in outputs)
    assert first.std() > still.std()
    assert (first - second).abs().mean() > 1 / 255
    assert (means(first) - means(still)).abs().max() < 1.5 / 255  # what 8 bits leave of the cells
    assert "vivid" not in (lively.note or "")
    (barred,) = inpaint.decensor(tmp_path / "pictures", tmp_path / "barred", vivid=0.5, censor="hole", **how)
    assert "vivid 0.5 changed nothing: it invents detail in mosaics" in (barred.note or "")
