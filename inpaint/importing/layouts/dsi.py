"""DSI, as its authors' TensorFlow checkpoints of PiiGAN keep it.  Our layers bear their names, which are DeepFill's."""

from __future__ import annotations

from inpaint.importing.layouts.gated import authors_variable
from inpaint.importing.layouts.tensorflow import tensorflow_layout

DSI_LAYOUTS = (
    tensorflow_layout(
        "dsi",
        "inpaint_net/conv1/kernel",
        authors_variable,
        also={"fuse": True, "released": True},
        channels="bgr",  # the authors' program reads pictures with OpenCV
        colours=(
            *((f"trunk.{branch}.weight", 1) for branch in ("coarse.conv1", "dilated.xconv1", "matched.pmconv1")),
            *(
                (f"trunk.{end}.{leaf}", 0)
                for end in ("coarse_decoder.conv17", "refine_decoder.allconv17")
                for leaf in ("weight", "bias")
            ),
        ),
        mask="box",
        crop=128,
    ),
)
