"""FRRN, as its authors (ZongyuGuo/Inpainting_FRRN) keep it."""

from __future__ import annotations

from inpaint.importing.layout import Layout, count_numbered, width_of, without_trunk

FIRST_FRRN_ENTRY = "blocks.0.full_conv1.conv.weight"

FRRN_LAYOUTS = (
    Layout(
        source="the authors' InpaintingModel_gen.pth",
        generator="frrn",
        first=FIRST_FRRN_ENTRY,
        options=lambda entries: {
            "width": width_of(entries, FIRST_FRRN_ENTRY),
            "modules": count_numbered(entries, "blocks.{}.full_conv1.conv.weight", start=0) // 2,
        },
        theirs=without_trunk,
    ),
)
