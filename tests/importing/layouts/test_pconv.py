"""The files of two ports of partial convolutions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hole, image, summary

from inpaint.checkpoint import load_checkpoint
from inpaint.generators import GENERATORS
from inpaint.generators.pconv import PConv
from inpaint.importing.layouts.pconv import divided_by_window
from inpaint.layers.partial_conv import Partial
from tests.importing.authors.pconv import naoto
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers, picture, taken


@pytest.mark.parametrize("levels", [5, 6])
def test_naotos_weights_are_scaled_to_the_size_of_their_windows(tmp_path: Path, levels: int):
    original = network("pconv", width=4, levels=levels)
    theirs = naoto(original.state_dict(), levels)
    ours = original.state_dict()
    for name, weight in ours.items():
        if name.endswith("convolution.weight"):
            weight /= weight.shape[1] * weight.shape[2] * weight.shape[3]
    report = taken(tmp_path, {"model": theirs}, "pconv")
    assert f"enc_N.conv.mask_conv.weight ({levels})" in report.text()
    assert_same_answers(original, report.output)
    image, mask = picture()
    valid = (1 - mask).expand(-1, 3, -1, -1)
    first = theirs["enc_1.conv.input_conv.weight"]
    known = F.conv2d(valid, torch.ones_like(first), stride=2, padding=3)  # their layer: sum over what is known
    expected = F.conv2d(image * valid, first, stride=2, padding=3) / known.clamp(min=1) * (known > 0)
    layer = GENERATORS["pconv"](width=4, levels=levels)
    layer.load_state_dict(load_checkpoint(report.output).weights)
    assert isinstance(layer, PConv)
    answer = layer.trunk.encoders[0].convolution(Partial(image, 1 - mask)).features  # pyright: ignore
    torch.testing.assert_close(answer, expected)


@torch.no_grad()
def test_scaled_weights_answer_as_naotos_own_layer():
    network = GENERATORS["pconv"](levels=7)
    assert isinstance(network, PConv)
    fill(network.trunk)
    for name, parameter in network.named_parameters():
        parameter.copy_(divided_by_window(name, parameter))
    expected = (0.01947228, 0.02413720, 0.02880816, -0.01360004, 0.04318704)  # made with naoto's code, float64
    assert summary(network.trunk(image(3, 256, 256), 1 - hole())) == pytest.approx(expected, rel=1e-6)


def test_full_size_files_have_the_numbers_that_the_authors_count():
    numbers = ("running_mean", "running_var", "num_batches_tracked")
    with torch.device("meta"):
        seven = naoto(GENERATORS["pconv"](levels=7).state_dict(), 7)
    assert sum(it.numel() for name, it in seven.items() if not name.endswith(numbers)) == 51_550_757
