"""GLCIC, as otenim/GLCIC-PyTorch keeps its completion network."""

from __future__ import annotations

from inpaint.importing.layout import Layout, width_of, without_trunk

GLCIC_LAYOUTS = (
    Layout(
        source="otenim's model_cn",
        generator="glcic",
        first="conv1.weight",
        options=lambda entries: {"width": width_of(entries, "conv1.weight"), "norm": "after", "centred": False},
        theirs=without_trunk,
        mask="boxes",
        note="its holes have the mean colour of its pictures, mpv in the file config.json beside it: "
        "--set generator.mean=[r, g, b]",
    ),
)
