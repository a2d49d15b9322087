"""The stages of StructureFlow: who learns in which, from what it is shown, and how a flow is judged."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.discriminators import DISCRIMINATORS
from inpaint.features.vgg import VggFeatures
from inpaint.generators import GENERATORS
from inpaint.generators.structure_flow import StructureFlow
from inpaint.layers.structure import structure_of
from inpaint.losses.appearance_flow import sampling_correctness
from inpaint.losses.scene import Scene
from inpaint.recipes.structure_flow import StructuredFlow
from inpaint.sample import Prediction, Sample

JUDGES = ("structure_discriminator", "texture_discriminator")
STAGES = {"structure": 0, "texture": 2, "joint": 4}


class Itself:
    """Features that are the picture."""

    content, style = ("relu3_1",), ("relu3_1",)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        return {"relu3_1": image}


def recipe(**options: Any) -> StructuredFlow:
    torch.manual_seed(0)
    generator = GENERATORS["structure_flow"](width=2)
    assert isinstance(generator, StructureFlow)
    judges = {name: DISCRIMINATORS["structure_flow"](width=2) for name in JUDGES}
    given: dict[str, Any] = {"weights": {"l1": 10.0}, "stages": STAGES, "features": Itself()} | options
    return StructuredFlow(generator, judges, **given)


def batch() -> Sample:
    torch.manual_seed(1)
    target, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    mask[..., 16:40, 16:40] = 1
    return Sample(target * (1 - mask) + 0.5 * mask, mask, target)


def learned(learning: StructuredFlow, step: int) -> dict[str, set[str]]:
    """Differentiate the turns of a step, and return their terms; asserts that nobody else is taught."""
    found = {}
    for turn in learning.turns(batch(), step):
        learning.zero_grad(set_to_none=True)
        torch.stack(list(turn.terms.values())).sum().backward()
        for name, network in learning.players.items():
            gradients = [parameter.grad for parameter in network.parameters()]
            if name == turn.player:
                assert all(gradient is not None for gradient in gradients), name
            else:
                assert all(gradient is None for gradient in gradients), name
        found[turn.player] = set(turn.terms)
    return found


def test_each_stage_teaches_its_networks_and_nobody_else():
    learning = recipe()
    assert learned(learning, 1) == {JUDGES[0]: {JUDGES[0]}, "structure": {"structure_l1", "adversarial"}}
    painted = {JUDGES[1]: {JUDGES[1]}, "texture": {"l1", "correctness", "adversarial"}}
    assert learned(learning, 2) == learned(learning, 9) == painted


@pytest.mark.parametrize(("step", "true"), [(2, True), (4, False)])
def test_textures_are_painted_by_true_structures_first_and_then_by_drawn_ones(
    step: int, true: bool, monkeypatch: pytest.MonkeyPatch
):
    learning, seen = recipe(), []

    def painted(image: Tensor, mask: Tensor, structure: Tensor) -> Prediction:
        seen.append(structure)
        return StructureFlow.painted(learning.generator, image, mask, structure)

    monkeypatch.setattr(learning.generator, "painted", painted)
    sample = batch()
    list(learning.turns(sample, step))
    assert torch.equal(seen[0], structure_of(sample.target)) == true


def scene_with(known: Tensor, target: Tensor, mask: Tensor, features: Any) -> Scene:
    return Scene(Prediction(target, {}), Sample(known, mask, target), features)


def test_a_flow_that_points_at_what_was_there_is_the_best():
    torch.manual_seed(2)
    target = torch.rand(1, 3, 8, 16)
    target[..., 8:] = target[..., :8]  # the right half repeats the left
    mask = torch.zeros(1, 1, 8, 16)
    mask[..., 2:5, 10:13] = 1
    scene = scene_with(target * (1 - mask), target, mask, Itself())
    there = torch.tensor([-8.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 8, 16)
    values = [sampling_correctness(scene, flow).item() for flow in (there, torch.zeros(1, 2, 8, 16))]
    assert values[0] < values[1]
    assert (
        values[0] >= 2.7182818 ** (-1) - 1e-3
    )  # e to the minus first where nothing known is nearer than what is fetched


def test_the_flow_needs_its_layer():
    features = VggFeatures(weights="random", content=["relu1_1"], style=["relu1_1"])
    sample = batch()
    scene = scene_with(sample.image, sample.target, sample.mask, features)
    with pytest.raises(ValueError, match=r"judged by relu3_1, but the features are \['relu1_1'\]: name it in content"):
        sampling_correctness(scene, torch.zeros(2, 2, 16, 16))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stages": {"texture": 5}}, "of which one begins at step 0"),
        ({"stages": {"edges": 0}}, "choose among structure, texture, joint"),
        ({"loss": "wasserstein"}, "choose among hinge"),
        ({"features": None}, "a features network: add features, or set it to 0"),
    ],
)
def test_impossible_options_are_refused(change: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        recipe(**change)


@pytest.mark.parametrize(
    ("generator", "judges", "sentence"),
    [
        (nn.Linear(1, 1), JUDGES, "cannot teach a Linear: choose structure_flow"),
        (GENERATORS["structure_flow"](width=2), ("judge",), "must be structure_discriminator and texture_"),
    ],
)
def test_other_networks_are_refused(generator: Any, judges: tuple[str, ...], sentence: str):
    given = {name: DISCRIMINATORS["structure_flow"](width=2) for name in judges}
    with pytest.raises(ValueError, match=sentence):
        StructuredFlow(generator, given, weights={"l1": 1.0}, stages={"texture": 0}, features=Itself())
