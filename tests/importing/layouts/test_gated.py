"""The files of nipponjo's two programs."""

from __future__ import annotations

from pathlib import Path

import torch

from inpaint.assemble import load_network
from inpaint.checkpoint import load_checkpoint
from inpaint.generators import GENERATORS
from tests.importing.authors.gated import PORT_LAYERS, gated_flat, gated_port
from tests.importing.authors.written import network
from tests.importing.imported import picture, taken


def test_the_checkpoint_tells_where_it_comes_from_and_what_it_is_shown(tmp_path: Path):
    state = gated_port(network("gated", width=8, padding="pytorch").state_dict())
    report = taken(tmp_path, state, "gated", settings=["generator.fuse=false"])
    checkpoint = load_checkpoint(report.output)
    (source,) = checkpoint.provenance["imported"]["files"]
    assert source["file"] == "theirs.pth"
    assert len(source["sha256"]) == 64
    assert checkpoint.provenance["imported"]["layout"] == "gated"
    assert checkpoint.run["generator"] == {"name": "gated", "width": 8, "padding": "pytorch", "fuse": False}
    assert load_network(report.output, device="cpu").shows == {"hole": "black"}


@torch.no_grad()
def test_weights_that_expect_bgr_answer_the_same_about_swapped_pictures(tmp_path: Path):
    original = network("gated", width=8)
    state = gated_flat(original.state_dict())
    image, mask = picture()
    expected = original(image.flip(1), mask)
    for channels in ("auto", "bgr"):  # converted from TensorFlow, whose program reads BGR
        report = taken(tmp_path, state, "gated", channels=channels)
        assert "BGR, swapped to RGB" in report.text()
        answer = load_network(report.output, device="cpu").generator(image, mask)
        torch.testing.assert_close(answer.image, expected.image.flip(1))
        torch.testing.assert_close(answer.extras["coarse"], expected.extras["coarse"].flip(1))


def test_full_size_files_have_the_entries_that_the_authors_have():
    with torch.device("meta"):
        flat = gated_flat(GENERATORS["gated"]().state_dict())
    assert len(flat) == 84
    shapes = {"conv1": (48, 5, 5, 5), "conv4_downsample": (192, 48, 3, 3), "conv16": (24, 24, 3, 3)}
    shapes |= {"conv17": (3, 12, 3, 3), "xconv1": (48, 3, 5, 5), "allconv11": (192, 192, 3, 3)}
    assert {name: tuple(flat[f"{name}.conv.weight"].shape) for name in shapes} == shapes
    assert "conv13_upsample.conv.conv.bias" in flat
    assert len(set(PORT_LAYERS)) == 42
