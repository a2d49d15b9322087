"""Region normalization, as its authors (geekyutao/RN) keep it."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, Layout, count_numbered, width_of, without_trunk

REGION_NORM_LAYOUTS = (
    Layout(
        source="the authors' code",
        generator="region_norm",
        first="encoder_conv1.weight",
        options=lambda entries: {
            "width": width_of(entries, "encoder_conv1.weight"),
            "blocks": count_numbered(entries, "middle.{}.conv_block.1.weight", 0),
        },
        theirs=without_trunk,
        fills=(WHITE_HOLES,),
    ),
)
