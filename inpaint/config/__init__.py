"""The schema of a run, and how a run is read from YAML.

Which options a part has is checked when the run is assembled: see `inpaint.parts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from inpaint.config.yaml_trees import Loader as Loader
from inpaint.config.yaml_trees import override
from inpaint.parts import Choice, Part, did_you_mean


class Strict(BaseModel):
    """A section of the YAML, which refuses keys that it does not know and does not change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Strict):
    """Where clean pictures come from: a folder, or the word "synthetic"."""

    path: str
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
    """

    train: Sources
    validation: Sources | None = None
    validation_samples: PositiveInt = 64
    crop: PositiveInt = 256
    batch: PositiveInt = 16
    workers: int = Field(default=1, ge=0)
    flip: bool = True
    shrink: float = Field(default=1.0, gt=0, le=1)
    skip: float = Field(default=0.05, ge=0, lt=1)
    mask: Choices
    fill: Choices
    realism: dict[str, Any] | None = None


class Optim(Strict):
    """One player's optimizer; the rate warms up over `warmup` steps and then follows `schedule` to the last step.

    The schedule multistep multiplies the rate by `gamma` at each of the steps `milestones`.  Adadelta forgets by the
    first of the betas.
    """

    name: Literal["adam", "adamw", "adadelta"] = "adamw"
    lr: float = Field(gt=0)
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = Field(default=0.0, ge=0)
    eps: float = Field(default=1e-8, gt=0)  # which TensorFlow adds before it corrects the second moment
    schedule: Literal["constant", "cosine", "linear", "multistep"] = "constant"
    constant_for: float = Field(default=0.0, ge=0, le=1)
    milestones: tuple[PositiveInt, ...] = ()
    gamma: float = Field(default=0.1, gt=0)
    warmup: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def milestones_belong_to_multistep(self) -> Optim:
        if (self.schedule == "multistep") != bool(self.milestones):
            raise ValueError(f"the schedule is {self.schedule}: milestones belong to multistep, which needs them")
        return self

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate at a step of a run of so many steps."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        start = max(self.warmup, self.constant_for * steps)
        done = min(1.0, max(0.0, (step - start) / max(1.0, steps - start)))
        falling = {
            "constant": 1.0,
            "linear": 1 - done,
            "cosine": (1 + math.cos(math.pi * done)) / 2,
            "multistep": self.gamma ** sum(step >= milestone for milestone in self.milestones),
        }
        return self.lr * falling[self.schedule]


def features_by_name(value: Any) -> Any:
    """Take the older spelling `network: vgg16` for `name: vgg16`, which is also the default."""
    if not isinstance(value, dict):
        return value
    return {"name": value.get("network", "vgg16"), **{key: it for key, it in value.items() if key != "network"}}


class Network(Part):
    """A generator beside the one that restores; it starts from nothing, from a bundled network or from a checkpoint."""

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


class Run(Strict):
    """A whole experiment; it is stored in every checkpoint that the run writes."""

    output: str
    steps: PositiveInt
    seed: int = 0
    device: str = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    channels_last: bool = True
    ema: float = Field(default=0.999, ge=0, lt=1)
    clip: float | None = Field(default=1.0, gt=0)
    every: Every = Every()
    keep: PositiveInt = 2  # states, of which a damaged newest one falls back to the one before
    best: BestOf = BestOf()
    data: Data
    generator: Part
    pretrained: str | None = None  # whose weights the generator starts from: a bundled network, or a checkpoint
    partners: dict[str, Network] = {}  # generators that learn beside it and restore nothing, such as a cycle's way back
    teachers: dict[str, Network] = {}  # generators that a recipe asks and that never learn
    discriminators: dict[str, Part] = {}
    recipe: Part
    features: Annotated[Part, BeforeValidator(features_by_name)] | None = None
    optim: dict[str, Optim]  # one for each player of the recipe


def read_run(path: Path | str, settings: Sequence[str] = ()) -> Run:
    """Read a run from a YAML file and apply settings such as "data.batch=8" or "optim.generator.lr=1e-4" to it.

    Values of settings are YAML.  Raises ValueError with one line per fault.
    """
    path = Path(path)
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader)
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; it should be a run's YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise ValueError(f"{path} should hold a mapping (steps: ..., data: ..., ...), it holds {type(tree).__name__}")
    for setting in settings:
        override(tree, setting)
    return parse_run(tree, str(path))


def parse_run(tree: dict[str, Any], origin: str) -> Run:
    """Validate a tree against the schema.  Raises ValueError naming the origin, each faulty key and its rule."""
    try:
        return Run.model_validate(tree)
    except ValidationError as error:
        faults = [": ".join(filter(None, place_and_rule(fault))) for fault in error.errors()]
        raise ValueError(f"{origin}: " + "; ".join(faults)) from None


def place_and_rule(fault: Any) -> tuple[str, str]:
    """Return where a fault lies, with dots between levels, and the rule with the value that was given."""
    where, rule, given = ".".join(str(key) for key in fault["loc"]), fault["msg"], fault["input"]
    if fault["type"] == "value_error":  # a rule of this schema, whose sentence says all
        return where, rule.removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        keys = keys_beside(Run, fault["loc"])
        return where, f"there is no such key; choose {', '.join(keys)}{did_you_mean(fault['loc'][-1], keys)}"
    return where, f"{rule} (given: {given!r})" if isinstance(given, str | int | float) else rule


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
