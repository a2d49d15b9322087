"""Where DeepFill's networks take colours in and give them out."""

from __future__ import annotations

DEEPFILL_COLOURS = (
    ("trunk.coarse.conv1.weight", 1),
    ("trunk.dilated.xconv1.weight", 1),
    ("trunk.matched.pmconv1.weight", 1),
    *((f"trunk.{end}.{leaf}", 0) for end in ("coarse.conv17", "refine.allconv17") for leaf in ("weight", "bias")),
)
GATED_COLOURS = (*DEEPFILL_COLOURS, *((*colour, 3) for colour in DEEPFILL_COLOURS[3:]))  # their gates beside them
