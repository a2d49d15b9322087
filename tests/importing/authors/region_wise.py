"""What the authors' TensorFlow checkpoints call the entries of region-wise inpainting, in the order of their code."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed

ENCODER = ["conv1", "conv2_downsample", "conv3", "conv4_downsample", "conv5", "conv6"]
ENCODER += [f"conv{number}_atrous" for number in (7, 8, 9, 10)] + ["conv11", "conv12"]
SEMANTIC = [f"{name}_1" for name in ENCODER] + ["com_13_fusion_1", "com_14_fusion", "com_15_fusion_1"]
SEMANTIC += ["conv16_1", "conv17_1", "conv18_1"]
PERCEIVING = [f"{name}_1" for name in [*ENCODER, "conv13_upsample", "conv14", "conv15_upsample", "conv16", "conv17"]]


def region_wise_variables(state: State) -> tuple[State, ...]:
    layers = [f"inpaint_net/{name}" for name in SEMANTIC] + [f"inpaint_net_1/{name}" for name in PERCEIVING]
    theirs = [f"{layer}/{leaf}" for layer in layers for leaf in ("kernel", "bias")]
    return (renamed(state, zip(state, theirs, strict=True)),)


CASES = {"region_wise": Case("region_wise", {"width": 4}, region_wise_variables)}
