"""PICNet, as its authors (lyndonzheng/Pluralistic-Inpainting) keep it: one file to encode and one to decode."""

from __future__ import annotations

import re

from inpaint.importing.layout import GeneratorOptions, Layout, width_of

FIRST_PICNET_ENTRY = "encoder.block0.conv1.module.weight_bar"
BAR_SUFFIXES = {
    "parametrizations.weight.original": "weight_bar",
    "parametrizations.weight.0._u": "weight_u",
    "parametrizations.weight.0._v": "weight_v",
}


def picnet_name(name: str, options: GeneratorOptions) -> str:
    """Return the authors' name: convolutions lie in a wrapper, and norms in a row with everything else."""
    for ours, theirs in BAR_SUFFIXES.items():
        name = name.replace(ours, theirs)
    name = re.sub(r"\b(conv1|conv2|bypass)\.(?=weight_|bias)", r"\1.module.", name)
    name = name.replace("decoder.generator.", "decoder.")  # reading a file takes that for a whole model's prefix
    return name.replace(".norm1.", ".model.0.").replace(".norm2.", ".model.3.")


PICNET_LAYOUTS = (
    Layout(
        source="the authors' latest_net_E.pth and latest_net_G.pth",
        generator="picnet",
        first=FIRST_PICNET_ENTRY,
        options=lambda entries: {"width": width_of(entries, FIRST_PICNET_ENTRY)},
        theirs=picnet_name,
        harmless=r".*\.(model|shortcut)\.\d+\.module\..*",  # each convolution stands there a second time
        files=("encoder.", "decoder."),
        told_by="prior.bypass.module.bias",
        mask="boxes",
    ),
)
