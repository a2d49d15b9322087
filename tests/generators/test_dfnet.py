"""DFNet: the authors' count, names and answers, and what its fusion does."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import nn

from inpaint.generators.dfnet import DFNet, build

CHECKSUMS = {  # model.py of hughplay/DFNet, float64; the network here differs from it in no bit
    "scale_1": (0.4643259184, 0.1604796522, 0.2866126464, 0.2704586019, 0.3596538791),
    "scale_2": (0.4678265731, 0.1190814711, 0.5932936661, 0.6686358247, 0.5042285200),
    "scale_32": (0.4764159654, 0.1106509736, 0.2399902459, 0.4652111089, 0.4588257367),
}


def trunk_of(network: nn.Module) -> nn.Module:
    assert isinstance(network, DFNet)
    return network.trunk


def test_the_count_and_the_names_are_the_authors():
    with torch.device("meta"):
        trunk = trunk_of(build())
    assert sum(parameter.numel() for parameter in trunk.parameters()) == 32_880_504
    names = list(trunk.state_dict())
    assert len(names) == 215
    assert names[0] == "en_0.encode.0.conv.1.weight"
    assert "de_7.decode.0.conv.weight" in names
    assert names[-1] == "fuse_5.blend.blend.6.conv.bias"


@torch.no_grad()
def test_checksum():
    network = build()
    fill(network)
    answer = network(image(3, 256, 256, unit_range=True), hole())
    answers = answer.extras | {"scale_1": answer.image}
    assert sorted(answers) == ["scale_1", "scale_16", "scale_2", "scale_32", "scale_4", "scale_8"]
    for name, expected in CHECKSUMS.items():
        assert summary(answers[name]) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_without_a_share_of_what_is_drawn_the_answer_is_the_known_picture_shrunk():
    network = build(width=4, levels=4, fused=3).eval()
    for layer in (trunk_of(network).get_submodule(f"fuse_{level}.blend.blend.6.conv") for level in range(3)):
        layer.get_parameter("weight").zero_()
        layer.get_parameter("bias").fill_(-200.0)
    picture, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    mask[..., 8:20, 4:9] = 1
    answer = network(picture, mask)
    assert torch.equal(answer.image, picture * (1 - mask))
    torch.testing.assert_close(answer.extras["scale_2"], nn.functional.avg_pool2d(picture * (1 - mask), 2))


@torch.no_grad()
def test_what_lies_in_the_hole_is_not_seen():
    network = build(width=4, levels=3, fused=2).eval()
    picture, mask = torch.rand(1, 3, 16, 16), (torch.rand(1, 1, 16, 16) < 0.3).float()
    assert torch.equal(network(picture, mask).image, network(picture * (1 - mask), mask).image)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "both must be at least 1"),
        ({"levels": 0}, "both must be at least 1"),
        ({"levels": 4, "fused": 5}, "fused is 5: it must be from 1 to the number of levels, 4"),
        ({"fused": 0}, "fused is 0: it must be from 1"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, int], words: str):
    with pytest.raises(ValueError, match=words):
        build(**options)
