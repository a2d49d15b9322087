"""Builds what damages a clean picture from the sections of a YAML, for training, validation and baked samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inpaint.degradation.degrade import Degradation
from inpaint.degradation.fills import FILLS
from inpaint.degradation.masks import MASKS
from inpaint.degradation.own_masks import OWN_MASKS
from inpaint.degradation.realism import Realism
from inpaint.parts import Choice, build, call


def degradation_of(
    mask: Sequence[Choice], fill: Sequence[Choice], realism: Mapping[str, Any] | None = None
) -> Degradation:
    """Build what damages a clean picture from the masks and fills to draw from, and how the file is kept afterwards.

    Raises ValueError naming the choices for an unknown mask, fill or option.
    """
    masks = [(choice.share, build(MASKS | OWN_MASKS, choice, "mask")) for choice in mask]
    fills = [(choice.share, build(FILLS, choice, "fill")) for choice in fill]
    return Degradation(masks, fills, None if realism is None else call(Realism, realism, "realism"))
