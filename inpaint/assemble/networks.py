"""The networks of a run, and the recipe by which they learn."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from inpaint.checkpoint import Checkpoint, load_checkpoint
from inpaint.config import Judge, Network, Run, parse_run
from inpaint.contracts import Discriminator, Generator, Recipe
from inpaint.degradation.fills import FILLS
from inpaint.degradation.presentations import presentations
from inpaint.discriminators import DISCRIMINATORS
from inpaint.features import FEATURES
from inpaint.generators import GENERATORS
from inpaint.losses import NEEDS_FEATURES
from inpaint.parts import build, call, did_you_mean
from inpaint.recipes import RECIPES
from inpaint.recipes.frozen import Teachers
from inpaint.weights import model_file


def recipe_of(run: Run) -> Recipe:
    """Build the networks, on the CPU with weights drawn from the run's seed, and the recipe by which they learn."""
    torch.manual_seed(run.seed)
    generator = build(GENERATORS, run.generator, "generator")
    if run.partial and run.pretrained is not None:
        take_what_fits(generator, load_checkpoint(model_file(run.pretrained)), run.pretrained)
    else:
        with_weights(generator, run.pretrained, run.generator.name)
    others: dict[str, Any] = {
        "partners": {name: network_of(part) for name, part in run.partners.items()},
        "discriminators": {name: critic_of(part) for name, part in run.discriminators.items()},
        "teachers": Teachers({name: teacher_of(part, run) for name, part in run.teachers.items()}),
    }
    if run.recipe.name not in RECIPES:
        near = did_you_mean(run.recipe.name, RECIPES)
        raise ValueError(f"recipe {run.recipe.name!r} is unknown; choose {', '.join(RECIPES)}{near}")
    factory = RECIPES[run.recipe.name]
    given: list[Any] = [generator]
    for kind, networks in others.items():
        if kind in inspect.signature(factory).parameters:
            given.append(networks)
        elif networks:
            raise ValueError(f"recipe {run.recipe.name} learns without {kind}: remove {', '.join(networks)}")
    if run.features is not None and run.features.name not in FEATURES:
        near = did_you_mean(run.features.name, FEATURES)
        raise ValueError(f"features {run.features.name!r} is unknown; choose {', '.join(FEATURES)}{near}")
    if run.features is not None and features_wanted(run):
        factory = partial(factory, features=build(FEATURES, run.features, "features"))
    return call(factory, run.recipe.options, f"recipe {run.recipe.name}", *given)


def features_wanted(run: Run) -> bool:
    """Tell whether a loss term of the run compares features; where none does, they are not loaded, with a word."""
    options = run.recipe.options
    wanted = any(name in NEEDS_FEATURES for name in options.get("weights") or {})
    if own := inspect.signature(RECIPES[run.recipe.name]).parameters.get("correctness"):  # StructureFlow's own term
        wanted |= bool(options.get("correctness", own.default))
    if not wanted:
        warnings.warn("no loss term of this run compares features: the section features is left out", stacklevel=2)
    return wanted


def network_of(part: Network) -> Generator:
    """Build a partner or a teacher, with the weights that it names."""
    return with_weights(build(GENERATORS, part, "generator"), part.pretrained, part.name)


def teacher_of(part: Network, run: Run) -> Generator:
    """Build a teacher; holes are shown to it as it learned them, where the run shows its own network others."""
    network = network_of(part)
    if part.pretrained is not None:
        learned = parse_run(load_checkpoint(model_file(part.pretrained)).run, part.pretrained)
        own, its = presentations(run.data.fill), presentations(learned.data.fill)
        if set(own) == {"hole"} and its.get("hole", own["hole"]) != own["hole"]:
            network.register_forward_pre_hook(partial(holes_shown_as, its["hole"]))
    return network


def holes_shown_as(value: str, network: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return what a network is given, pictures (B, 3, H, W) and masks first, with other holes."""
    image, mask, *others = given
    fill = FILLS["hole"](value=value)
    shown = [fill(one, hole, torch.Generator())[0] for one, hole in zip(image, mask, strict=True)]
    return torch.stack(shown), mask, *others


def critic_of(part: Judge) -> nn.Module:
    """Build a discriminator, with the weights that it names."""
    network = build(DISCRIMINATORS, part, "discriminator")
    if part.pretrained is not None:
        weights = load_checkpoint(model_file(part.pretrained)).weights
        load_or_say(network, weights, f"pretrained {part.pretrained} does not fit discriminator {part.name}")
    return network


def carried_judges(checkpoint: Checkpoint) -> dict[str, Discriminator]:
    """Build the discriminators that a checkpoint carries.  Raises ValueError where weights do not fit what it says."""
    judges: dict[str, Discriminator] = {}
    for name, (part, weights) in checkpoint.judges.items():
        judges[name] = build(DISCRIMINATORS, Judge.model_validate(part), f"discriminator {name} of the checkpoint")
        try:
            judges[name].load_state_dict(weights)
        except RuntimeError as error:
            said = " ".join(str(error).split())
            raise ValueError(f"discriminator {name} of the checkpoint does not fit its weights: {said}") from None
    return judges


def with_weights(generator: Generator, pretrained: str | None, name: str) -> Generator:
    """Return the generator with the weights of a bundled network or a checkpoint, or as it is for None."""
    if pretrained is not None:
        take_weights(generator, load_checkpoint(model_file(pretrained)), f"pretrained {pretrained}", name)
    return generator


def take_weights(generator: Generator, checkpoint: Checkpoint, what: str, name: str) -> None:
    """Load a checkpoint's weights into a generator.  Raises ValueError where they are another network's."""
    load_or_say(generator, checkpoint.weights, f"{what} does not fit generator {name}")


def load_or_say(network: nn.Module, weights: Mapping[str, Tensor], what: str) -> None:
    """Load weights into a network.  Raises ValueError where they are another's, saying by what they differ."""
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        own = network.state_dict()
        shapes = [name for name, it in own.items() if name in weights and weights[name].shape != it.shape]
        kinds = {
            "missing": [name for name in own if name not in weights],
            "unknown": [name for name in weights if name not in own],
            "of another shape": shapes,
        }
        told = [f"{len(names)} of its weights are {kind}, such as {names[0]}" for kind, names in kinds.items() if names]
        raise ValueError(f"{what}: {'; '.join(told) or ' '.join(str(error).split())}") from None


def take_what_fits(generator: Generator, checkpoint: Checkpoint, name: str) -> None:
    """Load the weights of a checkpoint whose names and shapes a generator has, and say what was left.

    Raises ValueError where nothing fits.
    """
    own = generator.state_dict()
    fitting = {key: it for key, it in checkpoint.weights.items() if key in own and own[key].shape == it.shape}
    if not fitting:
        raise ValueError(f"pretrained {name}: none of its {len(checkpoint.weights)} weights fits the generator")
    generator.load_state_dict(own | fitting)
    new, left = ([key for key in keys if key not in fitting] for keys in (own, checkpoint.weights))
    told = [f"{len(fitting)} of {len(own)} weights of the generator begin as in {name}"]
    told += [f"new are {', '.join(new[:5])}{', ...' if len(new) > 5 else ''}"] if new else []
    told += [f"left out are {', '.join(left[:5])}{', ...' if len(left) > 5 else ''}"] if left else []
    warnings.warn("; ".join(told), stacklevel=2)
