"""A run's YAML from a few answers; what is not asked is as in the config of that network, or as is common."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import yaml

from inpaint.config import parse_run, read_run
from inpaint.config.bundled import CONFIGS_FOLDER, config_names
from inpaint.degradation.build import degradation_of
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.losses.objectives import ADVERSARIAL, SOFT_MASKED
from inpaint.parts import Part, build

MASKS_OF_HOLES = [
    {"name": "freeform", "share": 2.0},
    {"name": "boxes", "times": [1, 3], "margin": 0},
    {"name": "bars", "count": [1, 4], "width": [4, 32]},
]
MASKS_OF_MOSAICS = [{"name": "boxes", "times": [1, 3], "margin": 0}, {"name": "blobs"}]
ANSWERED_HOLE = {"name": "hole", "value": "smooth"}
ANSWERED_MOSAIC = {"name": "mosaic", "block": [4, 16]}
DAMAGES = {
    "hole": (MASKS_OF_HOLES, [ANSWERED_HOLE]),
    "mosaic": (MASKS_OF_MOSAICS, [ANSWERED_MOSAIC]),
    "both": (MASKS_OF_HOLES, [ANSWERED_HOLE, ANSWERED_MOSAIC]),
}
ADAM = {"name": "adam", "betas": [0.5, 0.999]}  # as is common where networks play against each other


class Answers(NamedTuple):
    """What is asked."""

    generator: str = "unet"
    discriminators: tuple[str, ...] = ()
    loss: str = "hinge"
    perceptual: bool = False
    style: bool = False
    damage: str = "both"
    train: str = "data/train"
    validation: str = "data/val"
    crop: int = 256
    batch: int = 16
    steps: int = 100_000


def tree_of_answers(answers: Answers, output: str) -> dict[str, Any]:
    """Return a run as YAML holds it, which can be built.  Raises ValueError for an answer that is none of the choices.

    >>> tree = tree_of_answers(Answers(generator="gated", discriminators=("sn_patch",), damage="hole"), "runs/mine")
    >>> tree["recipe"]["name"], list(tree["optim"])
    ('adversarial', ['generator', 'discriminator'])
    """
    if answers.damage not in DAMAGES:
        raise ValueError(f"the damage is {answers.damage!r}: choose {', '.join(DAMAGES)}")
    games = {**ADVERSARIAL, **SOFT_MASKED}
    if answers.loss not in games:
        raise ValueError(f"the adversarial loss is {answers.loss!r}: choose among {', '.join(games)}")
    masks, fills = DAMAGES[answers.damage]
    judges = judges_of(answers.discriminators)
    tree: dict[str, Any] = {
        "output": output,
        "steps": answers.steps,
        "precision": "bfloat16",
        "every": {"log": 50, "samples": 1000, "validate": 1000, "save": 1000},
        "data": {
            "train": answers.train,
            "validation": answers.validation,
            "crop": answers.crop,
            "batch": answers.batch,
            "workers": 4,
            "mask": [with_sides(mask, answers.crop) for mask in masks],
            "fill": generator_fill(answers) or fills,
        },
        "generator": generator_of(answers.generator),
        **({"discriminators": judges} if judges else {}),
        "recipe": recipe_of_answers(answers),
        **({"features": {"name": "vgg16", "weights": "torchvision"}} if answers.perceptual or answers.style else {}),
        "optim": optimizers_of(list(judges), min(1000, answers.steps // 10)),
    }
    check_answers(tree)
    return tree


def judges_of(names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the discriminators by the names that their optimizers get."""
    if len(names) == 1:
        return {"discriminator": {"name": names[0]}}
    return {f"discriminator_{number}": {"name": name} for number, name in enumerate(names, 1)}


def with_sides(mask: dict[str, Any], crop: int) -> dict[str, Any]:
    """Return a mask of boxes with sides that suit the crop; any other as it is."""
    return {**mask, "sides": [max(1, crop // 8), max(1, crop // 3)]} if mask["name"] == "boxes" else dict(mask)


def generator_of(name: str) -> dict[str, Any]:
    """Return a generator with the options of the first bundled config that trains it, else with its defaults."""
    for config in config_names():
        part = read_run(CONFIGS_FOLDER / f"{config}.yaml").generator
        if part.name == name and "/" not in config:
            return {"name": name, **part.options}
    return {"name": name}


def generator_fill(answers: Answers) -> list[dict[str, Any]] | None:
    """Return mosaics of one block for a network that enlarges cells of it alone."""
    if answers.generator not in GENERATORS:
        return None
    network = build(GENERATORS, Part.model_validate(generator_of(answers.generator)), "generator")
    if not network.cell_steps:
        return None
    if answers.damage != "mosaic":
        raise ValueError(f"{answers.generator} restores mosaics alone: the damage must be mosaic")
    return [{"name": "mosaic", "block": max(network.cell_steps), "phase": [0, 0]}]


def recipe_of_answers(answers: Answers) -> dict[str, Any]:
    """Return the recipe: pixels first, and beside them what was asked for, in the proportions of published runs."""
    weights = {"hole_charbonnier": 1.0, "valid_charbonnier": 0.05}
    weights |= {"perceptual": 0.05} if answers.perceptual else {}
    weights |= {"style_out": 20.0, "style_comp": 20.0} if answers.style else {}
    if not answers.discriminators:
        return {"name": "supervised", "weights": weights}
    return {"name": "adversarial", "loss": answers.loss, "weight": 0.01, "weights": weights}


def optimizers_of(judges: list[str], warmup: int) -> dict[str, Any]:
    """Return an optimizer for each player."""
    if not judges:
        return {"generator": {"name": "adamw", "lr": 5e-4, "schedule": "cosine", "warmup": warmup}}
    return {"generator": {**ADAM, "lr": 1e-4}, **{name: {**ADAM, "lr": 1e-4} for name in judges}}


def check_answers(tree: dict[str, Any]) -> None:
    """Raise ValueError in a sentence where the networks or the damage cannot be built, or do not fit the crop."""
    run = parse_run(tree, "these answers")
    generator = build(GENERATORS, run.generator, "generator")
    for judge in run.discriminators.values():
        build(DISCRIMINATORS, judge, "discriminator")
    degradation_of(run.data.mask, run.data.fill, run.data.realism)
    if run.data.crop % generator.multiple:
        raise ValueError(
            f"crop {run.data.crop} does not divide by {generator.multiple}, as generator {run.generator.name} needs"
        )


def yaml_of_answers(tree: dict[str, Any]) -> str:
    """Return the YAML of a run, every section in the order in which configs have them."""
    head = "# Written by inpaint new.  inpaint config FILE shows it with all defaults.\n"
    plain = json.loads(json.dumps(tree))  # lists for tuples, and none of them shared, which YAML would show
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
