"""Outpainting, as its author (basilevh/image-outpainting) keeps it."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, Layout, width_of

FIRST_OUTPAINT_ENTRY = "model.0.weight"
CODE_ENTRY = "model.14.weight"

OUTPAINT_LAYOUTS = (
    Layout(
        source="the author's generator_final.pt, with the further enlargement that he trains with",
        generator="outpaint",
        first=FIRST_OUTPAINT_ENTRY,
        options=lambda entries: {
            "width": width_of(entries, FIRST_OUTPAINT_ENTRY),
            "code": width_of(entries, CODE_ENTRY),
        },
        theirs=lambda name, options: name,
        fills=(WHITE_HOLES,),
        mask="outpaint",
        crop=192,
    ),
)
