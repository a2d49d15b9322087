"""DFNet, as its authors (hughplay/DFNet) keep it."""

from __future__ import annotations

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, count_numbered, width_of, without_trunk

ENCODER_ENTRY = "en_{}.encode.0.conv.1.weight"
FUSION_ENTRY = "fuse_{}.map2img.0.conv.weight"
FIRST_DFNET_ENTRY = "en_0.encode.0.conv.1.weight"
MOST_FUSED = 6  # in the authors' network


def dfnet_options(entries: Entries) -> GeneratorOptions:
    """Return the options of the network in a file."""
    levels, fused = (count_numbered(entries, name, start=0) for name in (ENCODER_ENTRY, FUSION_ENTRY))
    return {"width": width_of(entries, FIRST_DFNET_ENTRY), "levels": levels, "fused": fused}


def fused_colours(level: int) -> tuple[tuple[str, int, int], ...]:
    """Return where a fusion block has colours: what it draws, what it compares and what it takes of each."""
    start = f"trunk.fuse_{level}"
    leaves = ("weight", "bias")
    drawn = tuple((f"{start}.map2img.0.conv.{leaf}", 0, 0) for leaf in leaves)
    taken = tuple((f"{start}.blend.blend.6.conv.{leaf}", 0, 0) for leaf in leaves)
    compared = tuple((f"{start}.blend.blend.0.conv.weight", 1, place) for place in (0, 3))
    return (*drawn, *compared, *taken)


DFNET_LAYOUTS = (
    Layout(
        source="the authors' model_places2.pth and model_celeba.pth",
        generator="dfnet",
        first=FIRST_DFNET_ENTRY,
        options=dfnet_options,
        theirs=without_trunk,
        channels="bgr",  # the authors' program reads pictures with OpenCV
        colours=(
            (f"trunk.{FIRST_DFNET_ENTRY}", 1),
            *(colour for level in range(MOST_FUSED) for colour in fused_colours(level)),
        ),
    ),
)
