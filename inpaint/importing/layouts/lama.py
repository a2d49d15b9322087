"""LaMa's generator, as its authors (advimman/lama) keep it in their checkpoints, whole or for inference alone."""

from __future__ import annotations

from inpaint.importing.layout import BLACK_HOLES, Entries, GeneratorOptions, Layout, width_of, without_trunk


def lama_options(entries: Entries) -> GeneratorOptions:
    """Return the options of LaMa in a file."""
    places = {int(name.split(".")[1]) for name in entries if name.startswith("model.") and ".conv1.ffc." in name}
    return {"width": width_of(entries, "model.1.ffc.convl2l.weight"), "blocks": len(places)}


LAMA_LAYOUTS = (
    Layout(
        source="the authors' code",
        generator="lama",
        first="model.1.ffc.convl2l.weight",
        options=lama_options,
        theirs=without_trunk,
        # what a whole training checkpoint holds beside the generator
        harmless=r"(loss_\w+|val_evaluator|test_evaluators|visualizer)\..*",
        mask="irregular",
        fills=(BLACK_HOLES,),
    ),
)
