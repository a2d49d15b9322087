"""Grey in the place of colours: which channels a choice means, and what networks of such channels answer."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inpaint.generators import GENERATORS
from inpaint.layers.grey_pictures import GREYS, grey_channels, grey_choice


@pytest.mark.parametrize("choice", GREYS)
@pytest.mark.parametrize("see_mask", [False, True])
def test_channels_tell_the_choice(choice: str, see_mask: bool):
    assert grey_choice(*grey_channels(choice, see_mask=see_mask)) == (choice, see_mask)


@pytest.mark.parametrize(("seen", "answered"), [(6, 3), (3, 2), (3, 1)])
def test_other_channels_are_none_of_ours(seen: int, answered: int):
    assert grey_choice(seen, answered) == ("none", False)


@pytest.mark.parametrize(
    ("name", "options"), [("resnet9", {"blocks": 1}), ("unet", {"shape": "pix2pix", "levels": 4, "dropout": 0.0})]
)
@torch.no_grad()
def test_a_grey_network_sees_and_answers_no_colour(name: str, options: dict[str, Any]):
    torch.manual_seed(0)
    network = GENERATORS[name](width=4, grey="both", **options).eval()
    picture, mask = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    answer = network(picture, mask).image
    assert answer.shape == picture.shape
    assert torch.equal(answer[:, :1].expand_as(answer), answer)
    weights = torch.tensor([0.299, 0.587, 0.114])
    same = (picture * weights[:, None, None]).sum(1, keepdim=True).expand_as(picture)
    torch.testing.assert_close(network(same, mask).image, answer, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"grey": "yes"}, "choose among none, seen, both"), ({"grey": "both"}, "choose shape pix2pix")],
)
def test_impossible_choices_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        GENERATORS["unet"](**options)
