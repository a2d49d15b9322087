"""EdgeConnect, as its authors (knazeri/edge-connect) keep it: one file for the edges and one for the painting."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, GeneratorOptions, Layout, width_of

AUTHORS_SUFFIXES = {  # the entries of a spectrally normalised convolution: ours, and in the authors' checkpoints
    "parametrizations.weight.original": "weight_orig",
    "parametrizations.weight.0._u": "weight_u",
    "parametrizations.weight.0._v": "weight_v",
}


def edge_connect_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in the authors' two files, which differ in what stands before the first dot here."""
    for ours, theirs in AUTHORS_SUFFIXES.items():
        if name.endswith(ours):
            return name.removesuffix(ours) + theirs
    return name


EDGE_CONNECT_LAYOUTS = (
    Layout(
        source="the authors' EdgeModel_gen.pth and InpaintingModel_gen.pth, with parametrizations",
        generator="edge_connect",
        first="edges.encoder.1.parametrizations.weight.original",
        options=lambda entries: {"width": width_of(entries, "painter.encoder.1.weight")},
        theirs=lambda name, options: name,
        files=("edges.", "painter."),
        fills=(WHITE_HOLES,),
    ),
    Layout(
        source="the authors' EdgeModel_gen.pth and InpaintingModel_gen.pth",
        generator="edge_connect",
        first="painter.encoder.1.weight",
        options=lambda entries: {"width": width_of(entries, "painter.encoder.1.weight")},
        theirs=edge_connect_name,
        files=("edges.", "painter."),
        fills=(WHITE_HOLES,),
    ),
)
