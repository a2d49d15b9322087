"""AOT-GAN's generator, as its authors (researchmm/AOT-GAN-for-Inpainting) keep it."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, Layout, count_numbered, width_of, without_trunk

AOT_GAN_LAYOUTS = (
    Layout(
        source="the authors' code",
        generator="aot_gan",
        first="middle.0.block00.1.weight",
        options=lambda entries: {
            "width": width_of(entries, "encoder.1.weight"),
            "blocks": count_numbered(entries, "middle.{}.fuse.1.weight", 0),
            "rates": [2**power for power in range(count_numbered(entries, "middle.0.block0{}.1.weight", 0))],
        },
        theirs=without_trunk,
        fills=(WHITE_HOLES,),
        note="the dilations are taken to be 1, 2, 4 and 8, which the file does not tell: --set generator.rates=[...]",
    ),
)
