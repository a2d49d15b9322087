"""What the authors call SPAN's entries: as here, without the trunk, beside the merged convolutions."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, without_trunk


def with_merged(state: State) -> tuple[State, ...]:
    """The authors' layer keeps the merged convolution that it last computed."""
    theirs = without_trunk(state)
    for name in [name.removesuffix(".sk.weight") for name in theirs if name.endswith(".sk.weight")]:
        width, channels = theirs[f"{name}.sk.weight"].shape[:2]
        theirs[f"{name}.eval_conv.weight"] = torch.zeros(width, channels, 3, 3)
        theirs[f"{name}.eval_conv.bias"] = torch.zeros(width)
    return (theirs,)


OPTIONS = {"width": 6, "blocks": 3, "reduction": "bicubic"}
CASES = {
    "span": Case("span", OPTIONS, with_merged),
    "span_without_norm": Case(
        "span", {**OPTIONS, "norm": False}, lambda state: ({**with_merged(state)[0], "no_norm": torch.zeros(1)},)
    ),
    "span_merged": Case("span", {**OPTIONS, "expand": 0}, lambda state: (without_trunk(state),)),
}
