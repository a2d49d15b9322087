"""AOT-GAN: counts, the checksum of the authors' code, its gates and its soft labels."""

from __future__ import annotations

import pytest
import torch
from checksums import Summary, fill, hole, image, summary
from torch import nn

from inpaint.discriminators import patch
from inpaint.generators import aot_gan
from inpaint.generators.aot_gan import gate_of
from inpaint.losses.objectives import SOFT_MASKED, blurred_mask

# By scripts/parity/network_checksums.py, of researchmm/AOT-GAN-for-Inpainting 2cd1afd.
CHECKSUM = Summary(-0.078081928271774, 0.0445819512994341, -0.080709537698794, -0.101490751808123, -0.036639723921832)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_are_the_authors():
    with torch.device("meta"):
        assert count(aot_gan.build()) == 15_200_835
        assert count(aot_gan.build().get_submodule("trunk.middle.0")) == 1_770_240
        assert count(aot_gan.build(blocks=4)) == 8_119_875
    assert count(patch.build(norm="none", spectral=True, bias=False, plain_last=True)) == 2_763_777


def test_checksum_is_that_of_the_authors_code():
    network = aot_gan.build()
    fill(network)
    with torch.no_grad():
        answer = network((image(3, 64, 64) + 1) / 2, hole(64)).image * 2 - 1
    assert summary(answer) == pytest.approx(CHECKSUM, rel=1e-9)


def test_a_gate_has_the_mean_logit_of_minus_five_whatever_its_features():
    torch.manual_seed(0)
    gates = gate_of(7 + 3 * torch.rand(2, 4, 16, 16).double()).logit()
    torch.testing.assert_close(gates.mean((2, 3)), torch.full((2, 4), -5.0, dtype=torch.float64))
    assert gate_of(torch.ones(1, 1, 8, 8)).isfinite().all()


@pytest.mark.parametrize("size", [(4, 4), (36, 40), (20, 100)])
def test_small_pictures_are_answered(size: tuple[int, int]):
    network = aot_gan.build(width=4, blocks=1).eval()
    answer = network(torch.rand(1, 3, *size), torch.ones(1, 1, *size)).image
    assert answer.shape[-2:] == size
    assert answer.isfinite().all()


def test_the_soft_label_is_half_at_a_straight_rim_and_sure_far_from_it():
    mask = torch.zeros(1, 1, 160, 160, dtype=torch.float64)
    mask[..., 80:] = 1
    soft = blurred_mask(mask, outside=0.0)[0, 0, 80]
    assert soft[79] + soft[80] == pytest.approx(1)
    assert soft[44] == 0
    assert soft[120] == pytest.approx(1, abs=1e-4)


def test_labels_of_the_paper_find_the_hole_and_those_of_the_release_are_inverted():
    mask = hole(64)
    soft = blurred_mask(mask, outside=0.0)
    real, known = torch.ones_like(mask), 1 - blurred_mask(mask, outside=1.0)
    paper, released = SOFT_MASKED["soft_mask"], SOFT_MASKED["soft_mask_released"]
    assert paper.discriminator(real, known, mask) == pytest.approx(0)
    assert released.discriminator(1 - real, soft, mask) == pytest.approx(0)
    fooled = 1 - mask  # real everywhere but in the hole
    assert paper.generator(fooled, mask) == pytest.approx(1)
    assert paper.generator(mask, mask) == pytest.approx(0), "what is said of known pixels is not the generator's"
    assert released.generator(mask, mask) == pytest.approx(1 - mask.mean().item())


@pytest.mark.parametrize(
    ("options", "words"),
    [({"blocks": 0}, "blocks is 0"), ({"rates": []}, r"rates are \[\]"), ({"width": 1, "rates": [1, 2, 3]}, "3 rates")],
)
def test_impossible_options_are_refused(options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        aot_gan.build(**options)
