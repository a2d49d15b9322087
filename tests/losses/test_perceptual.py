"""Perceptual and style terms, with features that can be worked out by hand: the picture itself."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hole, image
from torch import Tensor

from inpaint.features.vgg import VggFeatures
from inpaint.losses import NEEDS_FEATURES, TERMS, check_weights
from inpaint.losses.perceptual import affinity, gram
from inpaint.losses.scene import Scene
from inpaint.sample import Prediction, Sample


class Itself:
    """Features that are the picture, tapped once for content, twice for style, and as pool2; counts its calls."""

    def __init__(self):
        self.content: tuple[str, ...] = ("once",)
        self.style: tuple[str, ...] = ("once", "twice")
        self.calls = 0

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        self.calls += 1
        return {"once": image, "twice": 2 * image, "pool2": image}


def scene_with(answer: Tensor, features: Itself | None) -> Scene:
    """A black 2 x 2 target whose upper row is hole; both stages give one answer."""
    target, mask = torch.zeros(1, 3, 2, 2), torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    return Scene(Prediction(answer, {"coarse": answer, "scale_1": answer}), Sample(target, mask, target), features)


def test_gram_worked_out_by_hand():
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 1.0]]]])
    assert gram(features).tolist() == [[[3.75, 0.75], [0.75, 0.25]]]


def test_gram_of_doubled_features_is_fourfold_and_symmetric():
    features = torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gram(2 * features), 4 * gram(features))
    torch.testing.assert_close(gram(features), gram(features).mT)
    assert (torch.linalg.eigvalsh(gram(features)) > -1e-6).all()


def test_gram_of_half_precision_features_does_not_overflow():
    assert gram(torch.full((1, 2, 64, 64), 300.0, dtype=torch.float16)).tolist() == [[[45000.0] * 2] * 2]


# The answer is 1 everywhere: its Gram matrix over C H W = 12 values is 4 / 12 everywhere, that of the composite (two
# pixels) 2 / 12; the second tap doubles the features and so makes the Gram matrix fourfold.
VALUES = {
    "perceptual": 1 + 0.5,
    "perceptual_out": 1.0,
    "perceptual_mse": 1.0,
    "style_out": (1 + 4) * 4 / 12,
    "style_comp": (1 + 4) * 2 / 12,
    "style_hole": (1 + 4) * 2 / 12,
    "correlation": 4 / 16 * 3 / 9,  # two of four places are 1 in three channels, so are four of sixteen pairs
    "scales_perceptual": 1.0,
    "scales_style": (1 + 4) * 4 / 12,
}


def test_affinity_worked_out_by_hand():
    features = torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]])  # two channels, two places
    assert affinity(features).tolist() == [[[0.25, 0.5], [0.5, 5.0]]]


def test_correlation_needs_its_layer():
    class Others(Itself):
        def __call__(self, image: Tensor) -> dict[str, Tensor]:
            return {"once": image}

    with pytest.raises(ValueError, match=r"places of pool2, but the features are \['once'\]"):
        TERMS["correlation"](scene_with(torch.ones(1, 3, 2, 2), Others()))


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_value_worked_out_by_hand(name: str, value: float):
    assert TERMS[name](scene_with(torch.ones(1, 3, 2, 2), Itself())).item() == pytest.approx(value)


@pytest.mark.parametrize("name", VALUES)
def test_a_perfect_answer_costs_nothing(name: str):
    assert TERMS[name](scene_with(torch.zeros(1, 3, 2, 2), Itself())).item() == 0


@pytest.mark.parametrize("name", VALUES)
def test_gradient_lies_exactly_where_the_term_looks(name: str):
    everywhere = name in (
        "perceptual",
        "perceptual_out",
        "perceptual_mse",
        "style_out",
        "scales_perceptual",
        "scales_style",
    )
    answer = torch.rand(1, 3, 2, 2, generator=torch.Generator().manual_seed(0)).add_(0.1).requires_grad_()
    TERMS[name](scene_with(answer, Itself())).backward()
    assert answer.grad is not None
    assert (answer.grad[:, :, 0] != 0).all()
    assert (answer.grad[:, :, 1] != 0).all() if everywhere else not answer.grad[:, :, 1].any()


def test_edge_connects_losses_are_its_authors():
    """Reference: src/loss.py of knazeri/edge-connect at 3142579, float64, equal hashed weights; no difference."""
    content, style = [f"relu{stage}_1" for stage in range(1, 6)], ["relu2_2", "relu3_4", "relu4_4", "relu5_2"]
    features = VggFeatures("vgg19", weights="random", content=content, style=style, normalise=False)
    fill(features.layers, gain=2**0.5)
    answer, target = image(6, 32, 32, unit_range=True).reshape(2, 1, 3, 32, 32)
    scene = Scene(Prediction(answer, {}), Sample(target, hole(32), target), features)
    assert TERMS["perceptual_out"](scene).item() == pytest.approx(0.5499240029353814, rel=1e-9)
    assert TERMS["style_hole"](scene).item() == pytest.approx(4.192885892843484e-05, rel=1e-9)
    assert TERMS["l1_per_hole"](scene).item() == pytest.approx(2.1010554428372417, rel=1e-9)


def test_each_picture_is_looked_at_once_and_only_when_asked():
    features = Itself()
    scene = scene_with(torch.ones(1, 3, 2, 2), features)
    TERMS["l1"](scene)
    assert features.calls == 0
    for name in ("perceptual", "style_out", "style_comp"):
        TERMS[name](scene)
    assert features.calls == 3  # prediction, composite, target


def test_the_target_carries_no_gradient():
    answer = torch.ones(1, 3, 2, 2, requires_grad=True)
    target = torch.zeros(1, 3, 2, 2, requires_grad=True)
    scene = Scene(Prediction(answer, {}), Sample(target, torch.ones(1, 1, 2, 2), target), Itself())
    assert not scene.seen("target_hole")["once"].requires_grad
    assert scene.seen("prediction")["once"].requires_grad


def test_every_term_that_needs_features_is_covered_here():
    assert set(VALUES) == NEEDS_FEATURES


@pytest.mark.parametrize("name", sorted(NEEDS_FEATURES))
def test_without_a_features_network_the_sentence_says_so(name: str):
    with pytest.raises(ValueError, match="features network"):
        TERMS[name](scene_with(torch.ones(1, 3, 2, 2), None))
    with pytest.raises(ValueError, match=f"{name} needs a features network"):
        check_weights({name: 1.0}, features=None)


def test_a_features_network_without_the_taps_is_refused():
    features = Itself()
    features.content = ()
    with pytest.raises(ValueError, match="no content taps"):
        TERMS["perceptual"](scene_with(torch.ones(1, 3, 2, 2), features))


def test_an_unknown_picture_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="composite"):
        scene_with(torch.ones(1, 3, 2, 2), Itself()).picture("sketch")
