"""The schema of a run, and how a run is read from YAML.

Which options a part has is checked when the run is assembled: see `inpaint.parts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, PositiveInt, ValidationError

from inpaint.config.optim import Optim as Optim
from inpaint.config.sections import Strict
from inpaint.config.yaml_trees import Loader as Loader
from inpaint.config.yaml_trees import override, read_tree
from inpaint.parts import Choice, Part, did_you_mean

# What pydantic calls kinds of values, and what they are called in YAML.
IN_WORDS = {"a valid integer": "an integer", "valid tuple": "list", "valid dictionary": "mapping", "valid ": ""}
MOST_BY_HEART = 10_000  # samples, which are kept in memory to validate with
MOST_WORKERS = 512  # processes; of more the machine freezes before any of them says so


class Source(Strict):
    """Where clean pictures come from: a folder, or the word "synthetic"."""

    path: Annotated[str, Field(min_length=1)]
    share: float = Field(default=1.0, gt=0)


def listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def sources(value: Any) -> Any:
    return [{"path": str(item)} if isinstance(item, str | Path) else item for item in listed(value)]


Choices = Annotated[tuple[Choice, ...], BeforeValidator(listed), Field(min_length=1)]
Sources = Annotated[tuple[Source, ...], BeforeValidator(sources), Field(min_length=1)]


class Data(Strict):
    """The pictures to learn from and how they are damaged.

    `train` and `validation` take a folder, the word "synthetic", or a list of both with shares.
    Crops of folders are mirrored half of the time where `flip` is true, and shrunk by a factor from `shrink` to 1.
    Pictures that cannot be read or are smaller than the crop are left out, up to the share `skip`; then the run ends.
    With `overfit` the same few samples come again and again and are validated with, to be learned by heart.
    """

    train: Sources
    validation: Sources | None = None
    validation_samples: PositiveInt = 64
    crop: PositiveInt = 256
    crop_width: PositiveInt | None = None  # where crops are no squares
    batch: PositiveInt = 16
    workers: int = Field(default=1, ge=0, le=MOST_WORKERS)
    flip: bool = True
    shrink: float = Field(default=1.0, gt=0, le=1)
    skip: float = Field(default=0.05, ge=0, lt=1)
    overfit: Annotated[int, Field(gt=0, le=MOST_BY_HEART)] | None = None
    damage_on: Literal["auto", "workers", "device"] = "auto"  # auto: the device where that is a graphics card
    mask: Choices
    fill: Choices
    realism: dict[str, Any] | None = None


def features_by_name(value: Any) -> Any:
    """Take the older spelling `network: vgg16` for `name: vgg16`, which is also the default."""
    if not isinstance(value, dict):
        return value
    return {"name": value.get("network", "vgg16"), **{key: it for key, it in value.items() if key != "network"}}


class Network(Part):
    """A generator beside the one that restores; it starts from nothing, from a bundled network or from a checkpoint."""

    pretrained: str | None = None


class Judge(Part):
    """A discriminator; it starts from nothing, or from the weights of a checkpoint."""

    pretrained: str | None = None


class Every(Strict):
    """How often things happen, in steps."""

    log: PositiveInt = 50
    samples: PositiveInt = 1000
    validate_: PositiveInt = Field(default=1000, alias="validate")
    save: PositiveInt = 1000


class BestOf(Strict):
    """Which network becomes best.safetensors: by a metric of the validation samples, over the mask or whole pictures.

    The metric "last" keeps the newest, for networks that no number chooses well, such as adversarial ones.
    """

    metric: str = "psnr"
    of: Literal["mask", "whole"] = "mask"


class Stage(Strict):
    """A part of a run: up to which step it goes, and what is set in it, by dotted keys as for --set."""

    name: str
    until: PositiveInt
    set_: dict[str, Any] = Field(default_factory=dict, alias="set")


class Run(Strict):
    """A whole experiment; it is stored in every checkpoint that the run writes."""

    output: Annotated[str, Field(min_length=1)]
    steps: PositiveInt
    seed: int = Field(default=0, ge=-(2**63), lt=2**63)
    device: str = "auto"
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    channels_last: bool | None = None  # the channels of a pixel beside each other; None: as the generator is faster
    ema: float = Field(default=0.999, ge=0, lt=1)
    blend: float = Field(default=1.0, gt=0, le=1)  # how far what is kept lies from pretrained to what was learned
    clip: float | None = Field(default=1.0, gt=0)
    accumulate: PositiveInt = 1  # batches whose gradients are added before a step, for want of memory
    shard: bool = False  # parameters, gradients and moments of the generator over the processes, for want of memory
    recompute: bool = False  # activations of the generator's blocks, instead of keeping them: memory for time
    compile: bool | tuple[str, ...] = False  # the networks by torch.compile: all that learn, or those of these players
    sync_batch_norm: bool = False  # one batch norm over all processes, on graphics cards
    patience: PositiveInt | None = None  # validations without a better network, after which the run ends
    trackers: tuple[str, ...] = ()  # tensorboard, wandb: who hears of the run beside its journal
    every: Every = Every()
    keep: PositiveInt = 2  # states, of which a damaged newest one falls back to the one before
    best: BestOf = BestOf()
    data: Data
    generator: Part
    pretrained: str | None = None  # whose weights the generator starts from: a bundled network, or a checkpoint
    partial: bool = False  # take of these weights what fits, and say what does not
    # Generators that learn beside it and restore nothing, such as a cycle's way back, and such as are only asked.
    partners: dict[str, Network] = Field(default_factory=dict)
    teachers: dict[str, Network] = Field(default_factory=dict)
    discriminators: dict[str, Judge] = Field(default_factory=dict)
    recipe: Part
    features: Annotated[Part, BeforeValidator(features_by_name)] | None = None
    optim: dict[str, Optim]  # one for each player of the recipe
    stages: tuple[Stage, ...] = ()  # one after the other; each takes up what learned in the one before


def read_run(path: Path | str, settings: Sequence[str] = ()) -> Run:
    """Read a run from a YAML file and apply settings such as "data.batch=8" or "optim.generator.lr=1e-4" to it.

    Values of settings are YAML.  Raises ValueError with one line per fault.
    """
    path = Path(path)
    tree = read_tree(path)
    if not isinstance(tree, dict):
        raise ValueError(f"{path} should hold a mapping (steps: ..., data: ..., ...), it holds {type(tree).__name__}")
    for setting in settings:
        override(tree, setting)
    return parse_run(tree, str(path))


def parse_run(tree: dict[str, Any], origin: str) -> Run:
    """Validate a tree against the schema.  Raises ValueError naming the origin, each faulty key and its rule."""
    endless = [f"{key} is {value}: it must be a finite number" for key, value in not_finite(tree)]
    if endless:
        raise ValueError(f"{origin}: " + "; ".join(endless))
    try:
        return Run.model_validate(tree)
    except ValidationError as error:
        faults = [": ".join(filter(None, place_and_rule(fault))) for fault in error.errors()]
        raise ValueError(f"{origin}: " + "; ".join(faults)) from None


def not_finite(tree: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a tree that are infinite or none, with their dotted paths."""
    if isinstance(tree, Mapping | list | tuple):
        for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
            yield from not_finite(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, float) and not math.isfinite(tree):
        yield path, tree


def place_and_rule(fault: Any) -> tuple[str, str]:
    """Return where a fault lies, with dots between levels, and the rule with the value that was given."""
    where, rule, given = ".".join(str(key) for key in fault["loc"]), fault["msg"], fault["input"]
    if fault["type"] == "value_error":  # a rule of this schema, whose sentence says all
        return where, rule.removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        keys = keys_beside(Run, fault["loc"])
        return where, f"there is no such key; choose {', '.join(keys)}{did_you_mean(fault['loc'][-1], keys)}"
    for jargon, word in IN_WORDS.items():
        rule = rule.replace(jargon, word)
    shown = str(given) if isinstance(given, dict | list) else repr(given)
    return where, f"{rule} (given: {shown:.80})"


def keys_beside(kind: Any, place: Sequence[str | int]) -> list[str]:
    """Return the keys that a section has, by the place of one that it has not."""
    for key in place[:-1]:
        kind = section_of(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next((it.annotation for name, it in kind.model_fields.items() if key in (name, it.alias)), None)
        else:  # a list, or a mapping whose keys are the user's own
            kind = next((it for it in get_args(kind) if it not in (str, Ellipsis)), None)
    kind = section_of(kind)
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    return [it.alias or name for name, it in fields.items()]


def section_of(kind: Any) -> Any:
    """Return what an optional section is where it is there."""
    optional = type(None) in get_args(kind)
    return next(it for it in get_args(kind) if it is not type(None)) if optional else kind


def run_to_tree(run: Run) -> dict[str, Any]:
    """Return the run as plain mappings, lists and numbers; parse_run gives it back."""
    return run.model_dump(mode="json", by_alias=True)
