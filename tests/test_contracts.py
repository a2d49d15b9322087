"""What rooms promise each other holds for guests: networks, judges and recipes from outside the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.assemble import recipe_of
from inpaint.checkpoint import save_checkpoint
from inpaint.config import parse_run
from inpaint.contracts import VIEWS, ExtraInput, Generator, Turn
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.recipes import RECIPES
from inpaint.sample import Sample
from tests.runs import tiny_tree

WHAT_FITS_64_PIXELS = {
    "local_global": {"size": 64, "crop": 32},
    "glcic": {"size": 64, "crop": 32},
    "picnet": {"layers": 4},
    "migan": {"levels": 4, "tensors": 1},
    "strip": {"size": [64, 64]},
}


def batch(size: int = 64) -> Sample:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, size, size, generator=rng)
    mask = torch.zeros(2, 1, size, size)
    mask[..., size // 4 : size // 2, size // 4 : size // 2] = 1
    return Sample(target * (1 - mask), mask, target)


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("seen", ["none", "image", "mask", "both"])
def test_a_discriminator_sees_the_damaged_picture_and_the_mask_where_its_options_say_so(name: str, seen: str):
    torch.manual_seed(0)
    options: dict[str, Any] = WHAT_FITS_64_PIXELS.get(name, {})
    see = {"see_image": seen in ("image", "both"), "see_mask": seen in ("mask", "both")}
    judge = DISCRIMINATORS[name](width=4, **see, **options).eval()
    image, mask, target, _ = batch()
    said = judge(target, image, mask).logits
    assert torch.equal(said, judge(target, 1 - image, mask).logits) != see["see_image"]
    moved = mask.clone()
    moved[..., 20:24, 20:24] = 0  # inside the hole, around which the local critic looks
    assert torch.equal(said, judge(target, image, moved).logits) != see["see_mask"]


@pytest.mark.parametrize("every", [0, 1, 4])
def test_noise_is_drawn_for_every_picture_from_the_rng_alone(every: int):
    drawn = ExtraInput(5, noise=True, every=every)
    one, same = (drawn.draw(torch.zeros(2, 3, 16, 24), torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.shape == ((2, 5) if every == 0 else (2, 5, 16 // every, 24 // every))
    assert torch.equal(one, same)
    assert not torch.equal(one[0], one[1])


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_says_what_it_is(name: str):
    network = GENERATORS[name]()
    assert isinstance(network, Generator)
    assert network.view in VIEWS
    assert network.exportable is None or len(network.exportable) > 10
    assert network.samples is any(extra.noise for extra in network.inputs.values())


class Distilled(nn.Module):
    """A recipe from outside: learn to answer as a teacher does."""

    def __init__(self, generator: Generator, teachers: Mapping[str, nn.Module], *, weight: float = 1.0):
        super().__init__()
        self.generator, self.teachers, self.weight = generator, teachers, weight

    @property
    def players(self) -> dict[str, nn.Module]:
        return {"generator": self.generator}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        wanted = self.teachers["master"](sample.image, sample.mask).image
        answer: Tensor = self.generator(sample.image, sample.mask).image
        yield Turn("generator", {"distance": self.weight * (answer - wanted).abs().mean()})


def test_a_recipe_has_frozen_teachers_with_weights_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    part = {"name": "residual_unet", "widths": [4, 6], "blocks": 1, "middle": 1}
    master = GENERATORS["residual_unet"](widths=[4, 6], blocks=1, middle=1)
    nn.init.normal_(master.get_parameter("tail.weight"))
    tree = tiny_tree(tmp_path, tmp_path, generator=part, recipe={"name": "distilled"})
    run = parse_run(tree, "test")
    save_checkpoint(tmp_path / "master.safetensors", master.state_dict(), run=tree, provenance={})
    monkeypatch.setitem(RECIPES, "distilled", Distilled)
    tree["teachers"] = {"master": {**part, "pretrained": str(tmp_path / "master.safetensors")}}
    recipe: Any = recipe_of(parse_run(tree, "test"))
    recipe.train()
    teacher = recipe.teachers["master"]
    assert not teacher.training
    assert torch.equal(teacher.get_parameter("tail.weight"), master.get_parameter("tail.weight"))
    (turn,) = recipe.turns(batch(), 0)
    turn.terms["distance"].backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert recipe.generator.get_parameter("tail.weight").grad.any()
    run = parse_run({**tree, "recipe": {"name": "supervised", "weights": {"l1": 1.0}}}, "test")
    with pytest.raises(ValueError, match="recipe supervised learns without teachers: remove master"):
        recipe_of(run)


@pytest.mark.parametrize(("learned", "seen"), [("white", 1.0), ("black", 0.0)])
def test_a_teacher_is_shown_holes_as_it_learned_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: str, seen: float
):
    part = {"name": "residual_unet", "widths": [4, 6], "blocks": 1, "middle": 1}
    tree = tiny_tree(tmp_path, tmp_path, generator=part, recipe={"name": "distilled"})
    tree["data"] = {**tree["data"], "fill": {"name": "hole", "value": "black"}}
    its = {**tree, "data": {**tree["data"], "fill": {"name": "hole", "value": learned}}}
    master = GENERATORS["residual_unet"](widths=[4, 6], blocks=1, middle=1)
    save_checkpoint(tmp_path / "master.safetensors", master.state_dict(), run=its, provenance={})
    monkeypatch.setitem(RECIPES, "distilled", Distilled)
    tree["teachers"] = {"master": {**part, "pretrained": str(tmp_path / "master.safetensors")}}
    recipe: Any = recipe_of(parse_run(tree, "test"))
    shown: list[Tensor] = []
    recipe.teachers["master"].register_forward_pre_hook(lambda _, given: shown.append(given[0]))
    sample = batch()
    black = sample._replace(image=sample.image * (1 - sample.mask))
    next(recipe.turns(black, 0))
    expected = torch.where(sample.mask > 0, torch.full_like(black.image, seen), black.image)
    assert torch.equal(shown[0], expected)
