"""ESPCN, of luma or of three colours, as yjn870's and Lornatang's ports keep it."""

from __future__ import annotations

from math import isqrt

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of
from inpaint.importing.layouts.upscalers import MOSAIC


def espcn_layout(source: str, feature: str, last: str) -> Layout:
    """Return the layout of a port; feature, last: the parts that hold the two first layers and the last."""
    first, final = f"{feature}.0.weight", f"{last}.0.weight"

    def options(entries: Entries) -> GeneratorOptions:
        colours = entries[first].shape[1]
        block = isqrt(width_of(entries, final) // colours)
        width = width_of(entries, first)
        return {"block": block, "width": width, "luma": colours == 1, "reduction": "bicubic"}

    def theirs(name: str, options: GeneratorOptions) -> str:
        *_, place, leaf = name.split(".")
        return f"{last}.0.{leaf}" if place == "4" else f"{feature}.{place}.{leaf}"

    return Layout(source=source, generator="espcn", first=first, options=options, theirs=theirs, fills=MOSAIC)


ESPCN_LAYOUTS = (
    espcn_layout("yjn870's port", "first_part", "last_part"),
    espcn_layout("Lornatang's port", "feature_maps", "sub_pixel"),
)
