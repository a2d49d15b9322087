"""The settings of a dataset and reading them from YAML.

Every rule that rejects pictures is one key of `clean`; null switches it off.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError, field_validator, model_validator

from inpaint.builders.likeness.fingerprints import KIN, QUARTER, TWIN
from inpaint.builders.likeness.geometry import FEWEST_INLIERS, LEAST_INLIERS
from inpaint.builders.likeness.groups import SPLITS
from inpaint.config import Choices, Strict, listed, override, place_and_rule
from inpaint.config.yaml_trees import read_tree

SMALLEST_PATCH = 32  # side of a patch, pixels

Switch = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
Split = Literal["train", "val", "test"]


class NearSettings(Strict):
    """How near two pictures must be: hash bits of 64 that differ at most, and the least correlation of thumbnails."""

    bits: int = Field(ge=0, le=32)
    correlation: float = Field(ge=-1, le=1)


class CleanSettings(Strict):
    """Which pictures are rejected; null lets them all through."""

    min_side: PositiveInt | None = None  # px; a picture always needs the side of a patch
    flat: float | None = Field(default=4.0, ge=0)  # standard deviation of the gray levels, below which
    blur: float | None = Field(default=8.0, ge=0)  # variance of the Laplacian, below which
    aspect: float | None = Field(default=5.0, ge=1)  # longer side / shorter side, above which
    animated: Switch = True  # without this rule the first frame is taken
    dark: float | None = Field(default=10.0, ge=0, le=255)  # mean grey level, below which
    bright: float | None = Field(default=None, ge=0, le=255)  # mean grey level, above which; a drawing may have 250
    upscaled: float | None = Field(default=None, ge=1)  # factor by which it was enlarged, above which
    compressed: float | None = Field(default=None, ge=1)  # steps at the edges of JPEG blocks to others, above which
    margins: float | None = Field(default=None, ge=0, le=1)  # share of borders and captions, above which
    censored: float | None = Field(default=0.02, ge=0, le=1)  # share under mosaics or paint, above which
    text: float | None = Field(default=None, ge=0, le=1)  # share under lines of lettering, above which; extra [text]
    watermark: Switch = False  # lettering that stands as a watermark or a credit does; extra [text]
    duplicates: Switch = True
    near_duplicates: NearSettings | None = NearSettings(
        bits=TWIN.bits, correlation=0.93
    )  # finds 3 % more crops than TWIN


class FeatureSettings(Strict):
    """How many local features of two pictures must agree, so that they show the same thing."""

    inliers: int = Field(default=LEAST_INLIERS, ge=FEWEST_INLIERS)


class GroupSettings(Strict):
    """What keeps pictures together in one split."""

    by: Annotated[tuple[Literal["folder", "pattern", "column"], ...], BeforeValidator(listed)] = ()
    pattern: str | None = None  # searched for in the file's name; what its groups hold is the key
    column: str | None = None  # of a manifest of sources
    alike: NearSettings | None = NearSettings(bits=KIN.bits, correlation=KIN.correlation)
    features: FeatureSettings | None = FeatureSettings()
    quarters: NearSettings | None = NearSettings(bits=QUARTER.bits, correlation=QUARTER.correlation)
    largest_held_out: PositiveInt | None = 100  # pictures; a larger group lies in the largest split

    @field_validator("by", mode="before")
    @classmethod
    def nothing_is_no_key(cls, value: Any) -> Any:
        return () if value is None else value

    @model_validator(mode="after")
    def pattern_and_column_go_with_by(self) -> GroupSettings:
        for name, value in (("pattern", self.pattern), ("column", self.column)):
            if (name in self.by) != (value is not None):
                raise ValueError(f"by is {list(self.by)} and {name} is {value!r}: give both or neither")
        if self.pattern is not None:
            try:
                groups = re.compile(self.pattern).groups
            except re.error as error:
                raise ValueError(f"pattern {self.pattern!r} is not a valid regular expression: {error}") from None
            if not groups:
                raise ValueError(f"pattern {self.pattern!r} needs a group (...): what the group matches is the key")
        return self


class AnnotationSettings(Strict):
    """Where the annotations lie and what wrote them."""

    path: str
    format: str = "auto"
    classes: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()  # the labels that count; () for all
    frame: Literal["auto", "shown", "stored"] = "auto"  # of pictures that EXIF turns: what the annotations are for


class CensorSettings(Strict):
    """What is baked into these splits, as in a run's data section; without a mask, what is annotated is censored."""

    mask: Choices | None = None
    fill: Choices
    realism: dict[str, Any] | None = None
    largest_share: float = Field(default=0.6, gt=0, le=1)  # of a patch, above which what is annotated is left out
    splits: Annotated[tuple[Split, ...], BeforeValidator(listed), Field(min_length=1)] = ("val", "test")


class DownloadSettings(Strict):
    """How the pictures of a list of addresses are asked for."""

    interval: float = Field(default=1.0, ge=0)  # s between two requests to one host, at least
    contact: str = ""  # an address where whoever runs this can be reached, told to every server
    parallel: PositiveInt = 8  # hosts that are asked at once
    cache: str | None = None  # a folder that stays; null: beside the dataset, until it is finished
    longest_side: PositiveInt | None = None  # px, to which larger pictures are shrunk as they arrive
    most_lost: float = Field(default=0.1, ge=0, le=1)  # share that may be missing; more is an error


class StoreSettings(Strict):
    """How patches are stored: as files in folders, or as tar shards of so many patches."""

    format: Literal["folder", "shards"] = "folder"
    shard_size: PositiveInt = 1000


class DatasetSettings(Strict):
    """Everything that the bytes of a dataset depend on, besides its sources."""

    size: int = Field(default=256, ge=SMALLEST_PATCH)  # side of a patch, px
    original_size: PositiveInt = 512  # side of what is cut around an annotation and resized to `size`, px
    seed: int = 0
    splits: tuple[float, ...] = (0.9, 0.05, 0.05)  # shares of train, val and test
    patches_per_image: PositiveInt = 8  # at most
    scales: Annotated[tuple[float, ...], BeforeValidator(listed)] = (
        1.0,
        0.5,
        0.25,
    )  # of the picture, as far as it fits
    keep: Literal["quality", "largest", "first"] = "quality"  # of near-duplicates
    splits_from: str | None = None  # a dataset; what it holds, and what shows the same, stays in its split
    clean: CleanSettings = CleanSettings()
    group: GroupSettings = GroupSettings()
    annotations: AnnotationSettings | None = None
    censor: CensorSettings | None = None
    download: DownloadSettings = DownloadSettings()
    store: StoreSettings = StoreSettings()

    @field_validator("splits")
    @classmethod
    def splits_are_shares(cls, splits: tuple[float, ...]) -> tuple[float, ...]:
        if len(splits) != len(SPLITS) or min(splits) < 0 or not math.isclose(sum(splits), 1, abs_tol=1e-6):
            raise ValueError(f"splits are {list(splits)}; give the shares of {', '.join(SPLITS)}, which sum to 1")
        return splits

    @field_validator("scales")
    @classmethod
    def scales_shrink(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not scales or not all(0 < scale <= 1 for scale in scales):
            raise ValueError(f"scales are {list(scales)}; give at least one factor above 0 and up to 1")
        return scales

    @model_validator(mode="after")
    def a_patch_fits(self) -> DatasetSettings:
        if self.clean.min_side is not None and self.clean.min_side < self.size:
            raise ValueError(
                f"clean.min_side is {self.clean.min_side}; a picture needs at least the patch size {self.size}"
            )
        if self.annotations is None and self.censor is not None and self.censor.mask is None:
            raise ValueError("censor has no mask and there are no annotations: give one of them")
        if self.annotations is not None and self.original_size < self.size:
            raise ValueError(f"original_size is {self.original_size}; it is at least size, which is {self.size}")
        return self

    @property
    def least_side(self) -> int:
        """The shorter side that a picture needs, pixels."""
        return self.clean.min_side or self.size


def read_settings(path: Path | str | None = None, overrides: Sequence[str] = ()) -> DatasetSettings:
    """Read settings from a YAML file, or the defaults, and apply overrides such as "clean.blur=null" to them.

    Raises ValueError with one line that names every fault.
    """
    tree = {} if path is None else _tree(Path(path))
    for setting in overrides:
        override(tree, setting)
    return parse_settings(tree, "the settings" if path is None else str(path))


def parse_settings(tree: Mapping[str, Any], origin: str) -> DatasetSettings:
    """Check a tree of settings.  Raises ValueError naming the origin, each faulty key and its rule."""
    try:
        return DatasetSettings.model_validate(tree)
    except ValidationError as error:
        faults = [": ".join(filter(None, place_and_rule(fault))) for fault in error.errors()]
        raise ValueError(f"{origin}: " + "; ".join(faults)) from None


def settings_to_tree(settings: DatasetSettings) -> dict[str, Any]:
    """Return the settings as plain mappings, lists and numbers; parse_settings gives them back."""
    return settings.model_dump(mode="json")


def _tree(path: Path) -> dict[str, Any]:
    tree = read_tree(path, "a dataset's YAML file")
    if tree is not None and not isinstance(tree, dict):
        raise ValueError(f"{path} should hold a mapping (size: ..., clean: ..., ...), it holds {type(tree).__name__}")
    return tree or {}
