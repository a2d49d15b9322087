"""A protocol: how a published table was measured, as a YAML file in configs/evaluation/.

`side` and `crop` say how pictures are cut before they are damaged, `cases` what is done to them, `metrics` what is
measured.  Masks of the name `folder` come from the user's copy of a mask set; without one, `otherwise` stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt, ValidationError
from torch import Tensor
from torch.nn.functional import interpolate

from inpaint.config import Strict, place_and_rule
from inpaint.config.yaml_trees import read_tree
from inpaint.degradation.masks import MASKS
from inpaint.evaluation.cases import SMALLEST_BLOCK, Case
from inpaint.parts import Choice, build
from inpaint.randomness import integer, rng_for

PROTOCOL_MASKS = ("folder", "centre")  # masks of protocols alone


class ProtocolCase(Strict):
    """One kind of damage; see `Case` for what the keys mean."""

    name: str = Field(pattern=r"^[\w .+-]+$")  # it names a folder, too
    mask: Choice = Choice(name="boxes", times=(1, 1), margin=0)  # pyright: ignore[reportCallIssue]
    block: int | None = Field(default=None, ge=SMALLEST_BLOCK)
    phase: tuple[int, int] | None = None
    share: tuple[float, float] | None = None
    border: Literal["any", "touching", "apart"] = "any"
    jpeg: int | None = Field(default=None, ge=1, le=100)
    scale: float | None = Field(default=None, gt=0, le=4)


class Protocol(Strict):
    """A whole protocol."""

    about: str  # the source, and what differs from it
    side: PositiveInt | None = None  # px that the shorter side is resized to
    crop: Literal["none", "centre", "random"] = "none"  # to a square of that side
    cases: tuple[ProtocolCase, ...] = Field(min_length=1)
    metrics: tuple[str, ...] = ()

    def damage(self, masks: Path | None = None) -> list[Case]:
        """Return the cases; masks: the folder of the mask set that `folder` stands for."""
        return [_case(it, masks) for it in self.cases]

    @property
    def takes_masks(self) -> bool:
        """Whether a case draws its masks from the files of a mask set."""
        return any(case.mask.name == "folder" for case in self.cases)


def read_protocol(path: Path, masks: Path | None = None) -> Protocol:
    """Read a protocol; masks: the folder of a mask set.  Raises ValueError in one sentence for what is no protocol."""
    try:
        protocol = Protocol.model_validate(read_tree(path, "a protocol, such as those in configs/evaluation"))
    except ValidationError as error:
        faults = [": ".join(filter(None, place_and_rule(fault))) for fault in error.errors()]
        raise ValueError(f"{path}: " + "; ".join(faults)) from None
    if protocol.crop != "none" and protocol.side is None:
        raise ValueError(f"{path}: crop {protocol.crop} needs a side, the pixels of the square")
    try:
        protocol.damage(masks)  # refuses unknown masks before anything is measured
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return protocol


def fitted(read: Callable[[], Tensor], name: str, protocol: Protocol) -> Callable[[], Tensor]:
    """Return what reads a picture as a protocol wants it."""
    return lambda: fitted_to_protocol(read(), name, protocol)


def fitted_to_protocol(picture: Tensor, name: str, protocol: Protocol) -> Tensor:
    """Resize a picture, (3, H, W) in [0, 1], until its shorter side is the protocol's, and cut its square."""
    if protocol.side is None:
        return picture
    shorter = min(picture.shape[1:])
    size = [round(length * protocol.side / shorter) for length in picture.shape[1:]]
    if size != list(picture.shape[1:]):
        picture = interpolate(picture[None], size, mode="bicubic", antialias=True)[0].clamp(0, 1)
    if protocol.crop == "none":
        return picture
    spare = [length - protocol.side for length in size]
    rng = rng_for("protocol", Path(name).stem, *size)
    top, left = ((it // 2 if protocol.crop == "centre" else integer(rng, 0, it)) for it in spare)
    return picture[:, top : top + protocol.side, left : left + protocol.side].contiguous()


def _case(given: ProtocolCase, masks: Path | None) -> Case:
    mask = given.mask
    if mask.name == "folder":
        options = dict(mask.options)
        otherwise = options.pop("otherwise", None)
        if options:
            raise ValueError(f"case {given.name!r}: mask folder has no option {min(options)!r}; it has otherwise")
        if masks is None and otherwise is None:
            raise ValueError(f"case {given.name!r} needs the files of a mask set: name their folder with --mask")
        mask = Choice(name="folder", path=str(masks)) if masks else Choice.model_validate(otherwise)  # pyright: ignore[reportCallIssue]
    if mask.name not in PROTOCOL_MASKS:
        build(MASKS, mask, f"case {given.name!r}: mask")
    elif mask.name == "centre" and not _is_share(mask.options):
        raise ValueError(f"case {given.name!r}: mask centre has one option, side, above 0 and at most 1")
    how: dict[str, Any] = {name: getattr(given, name) for name in ("phase", "share", "border", "jpeg", "scale")}
    censor = "hole" if given.block is None else "mosaic"
    return Case(given.name, censor, mask.name, mask.options, given.block, **how)


def _is_share(options: dict[str, Any]) -> bool:
    side = options.get("side", 0.5)
    return not set(options) - {"side"} and isinstance(side, int | float) and 0 < side <= 1
