"""What a network sees around a hole: a crop, a square of the size it learned from, or the whole picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from inpaint import images
from inpaint.contracts import Generator, View
from inpaint.folder.batch import decensor
from inpaint.generators import GENERATORS
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction

SIDE = 256
LOCAL = {
    "glcic",
    "cells",
    "imdn",
    "rlfn",
    "span",
    "sighted_unet",
    "residual_unet",
    "srcnn",
    "espcn",
    "edsr",
    "dcgan",
}  # or they cut their own windows


class Mean(Generator):
    """Fills holes with the mean of what it is shown, as a network does that normalises over its picture."""

    def __init__(self, view: View):
        super().__init__()
        self.view = view
        self.sizes: list[tuple[int, int]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.sizes.append((image.shape[2], image.shape[3]))
        return Prediction(image.mean((2, 3), keepdim=True).expand_as(image), {})


def restorer_of(view: View) -> tuple[Mean, Restorer]:
    network = Mean(view)
    return network, Restorer(network, shows={"hole": "grey"}, device="cpu", side=SIDE)


def speck(height: int, width: int) -> tuple[Tensor, Tensor]:
    image = torch.linspace(0, 1, width).expand(3, height, width).contiguous()
    mask = torch.zeros(1, height, width)
    mask[:, 20:24, 30:40] = 1
    return image, mask


@pytest.mark.parametrize(
    ("view", "seen"), [("crop", (120, 136)), ("square", (SIDE, SIDE)), ("whole", (400, 520)), ("small", (197, SIDE))]
)
def test_a_network_sees_what_it_was_made_for_around_a_speck(view: View, seen: tuple[int, int]):
    network, restorer = restorer_of(view)
    restorer(*speck(400, 520))
    assert network.sizes == [seen]


def test_a_square_is_cut_where_the_picture_is_smaller_than_what_was_learned_from():
    network, restorer = restorer_of("square")
    restorer(*speck(100, 520))
    assert network.sizes == [(100, SIDE)]


@pytest.mark.parametrize("view", ["crop", "square", "whole", "small"])
def test_a_view_that_is_asked_for_replaces_the_networks_own(view: View):
    expected, _ = restorer_of(view)
    Restorer(expected, shows={"hole": "grey"}, device="cpu", side=SIDE)(*speck(400, 520))
    for own in ("crop", "square", "whole"):
        network, restorer = restorer_of(own)
        restorer(*speck(400, 520), view=view)
        assert network.sizes == expected.sizes


def test_an_unknown_view_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="view 'all' is unknown; choose auto, crop, square, whole, small"):
        restorer_of("crop")[1](*speck(40, 60), view="all")


@pytest.mark.parametrize(
    ("view", "chosen", "seen"),
    [
        ("whole", "auto", (700, 900)),
        ("square", "auto", (SIDE, SIDE)),
        ("crop", "whole", (700, 900)),
        ("crop", "small", (199, SIDE)),
        ("small", "auto", (199, SIDE)),
        ("whole", "crop", (120, 136)),
    ],
)
@pytest.mark.parametrize("passes", [1, 2])
def test_a_batch_shows_a_network_as_much_of_a_large_picture_as_its_view_says(
    tmp_path: Path, view: View, chosen: str, seen: tuple[int, int], passes: int
):
    network, restorer = restorer_of(view)
    image, mask = speck(700, 900)
    painted = image.where(mask < 0.5, torch.tensor([0.0, 1.0, 0.0])[:, None, None])
    images.write(images.from_array(painted), tmp_path / "in" / "a.png")
    (outcome,) = decensor(tmp_path / "in", tmp_path / "out", restorer=restorer, view=chosen, passes=passes)
    assert outcome.error is None
    assert network.sizes == [seen] * passes


def test_published_networks_see_a_square_of_the_size_they_learned_from():
    options = {"pconv": {"levels": 3, "width": 4}, "unet": {"shape": "pix2pix", "levels": 5, "width": 4}}
    for name, make in GENERATORS.items():
        with torch.device("meta"):
            network = make(**options.get(name, {}))
        expected = (
            "small"
            if name in ("outpaint", "singan")
            else "whole"
            if name == "ns_outpaint"
            else "crop"
            if name in LOCAL
            else "square"
        )
        assert network.view == expected, name
    with torch.device("meta"):
        assert GENERATORS["unet"]().view == "crop", "a plain U-Net sees no farther than its layers reach"


def test_a_network_that_must_see_more_than_memory_holds_says_so_instead_of_trying_for_ever():
    class Hungry(Mean):
        def forward(self, image: Tensor, mask: Tensor) -> Prediction:
            raise RuntimeError("out of memory")

    with pytest.raises(ValueError, match=r"not enough memory for the 520x400 pixels .* by the view whole"):
        Restorer(Hungry("whole"), shows={"hole": "grey"}, device="cpu")(*speck(400, 520))
