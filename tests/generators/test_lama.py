"""LaMa: counts, names and answers of an independent implementation, half precision, its critic and its features."""

from __future__ import annotations

import pytest
import torch
from checksums import hole
from torch import nn

from inpaint.discriminators import patch
from inpaint.features.dilated_resnet import SceneFeatures, SceneResNet
from inpaint.generators import lama
from inpaint.layers.fourier_convolution import FourierUnit


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("options", "parameters", "entries"),
    [({}, 50_975_875, 989), ({"blocks": 9}, 27_048_835, 521), ({"width": 32, "blocks": 6}, 4_781_123, None)],
)
def test_parameter_counts_are_the_authors(options: dict, parameters: int, entries: int | None):
    with torch.device("meta"):
        network = lama.build(**options)
    assert count(network) == parameters
    assert entries in (None, len(network.state_dict()))


def test_the_critic_has_the_parameters_and_the_maps_of_the_authors():
    options = {"layers": 4, "norm": "batch", "norm_bias": True, "padding": 2, "signed": False, "start": "default"}
    critic = patch.build(**options)  # pyright: ignore[reportArgumentType]
    assert count(critic) == 6_962_369
    features = critic(torch.rand(2, 3, 256, 256), torch.rand(2, 3, 256, 256), torch.zeros(2, 1, 256, 256)).features
    assert [it.shape[-1] for it in features] == [129, 65, 33, 17, 18, 19]


def test_answers_are_those_of_spandrels_lama():
    """An independent implementation with the same names, which only composites in addition."""
    theirs = pytest.importorskip("spandrel.architectures.LaMa").LaMa(in_nc=4, out_nc=3).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.05)
        network = lama.build().eval()
        network.get_submodule("trunk").load_state_dict(
            {name.removeprefix("model."): it for name, it in theirs.state_dict().items()}
        )
        image, mask = torch.rand(1, 3, 64, 64), hole(64).float()
        answer = network(image, mask).image
        torch.testing.assert_close(answer * mask, theirs(image, mask) * mask)
    assert answer.std() > 1e-3


def test_a_fourier_unit_whose_convolution_does_nothing_gives_back_what_it_got():
    unit = FourierUnit(4).eval()
    unit.conv_layer.weight.data = torch.eye(8)[..., None, None]
    unit.bn.bias.data += 100  # beyond the ReLU
    x = torch.rand(2, 4, 6, 7)
    shifted = unit(x)
    only = unit(torch.zeros_like(x))
    torch.testing.assert_close(shifted - only, x, rtol=0, atol=1e-3)


def test_spectra_are_in_single_precision_under_autocast():
    network = lama.build(width=8, blocks=2).eval()
    image, mask = torch.rand(1, 3, 32, 48), torch.ones(1, 1, 32, 48)
    with torch.no_grad():
        whole = network(image, mask).image
        with torch.autocast("cpu", torch.bfloat16):
            half = network(image, mask).image
    assert (half.float() - whole).abs().max() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (9, 30), (16, 16)])
def test_sides_of_any_length_are_answered(size: tuple[int, int]):
    answer = lama.build(width=4, blocks=1).eval()(torch.rand(1, 3, *size), torch.ones(1, 1, *size)).image
    assert answer.shape[-2:] == size
    assert ((answer > 0) & (answer < 1)).all()


def test_features_that_see_far_keep_an_eighth_of_the_size_and_have_the_published_shape():
    features = SceneFeatures("random")
    maps = features(torch.rand(1, 3, 64, 64))
    assert {name: tuple(it.shape[1:]) for name, it in maps.items()} == {
        "layer1": (256, 16, 16),
        "layer2": (512, 8, 8),
        "layer3": (1024, 8, 8),
        "layer4": (2048, 8, 8),
    }
    wide = [it for it in features.layers.layer4.modules() if isinstance(it, nn.Conv2d) and it.kernel_size[0] == 3]
    dilations = [it.dilation[0] for it in wide]
    assert dilations == [2, 4, 4]
    assert count(SceneResNet()) == 23_631_808


def test_features_without_their_file_are_said():
    with pytest.raises(FileNotFoundError, match="give the file of the ADE20K encoder"):
        SceneFeatures("nowhere.pth")
