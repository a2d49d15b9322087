"""What the authors and BasicSR call EDSR's entries; both compute with pictures up to 255."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, renamed

LEAVES = ("weight", "bias")


def up_to_255(state: State) -> State:
    return {name: it * 255 if name.endswith("bias") else it for name, it in state.items()}


def authors(state: State, blocks: int, ups: int) -> tuple[State, ...]:
    layers = ["head.0", *(f"body.{n}.body.{place}" for n in range(blocks) for place in (0, 2)), f"body.{blocks}"]
    layers += [*(f"tail.0.{2 * n}" for n in range(ups)), "tail.1"]
    theirs = renamed(state, zip(state, [f"{it}.{leaf}" for it in layers for leaf in LEAVES], strict=True))
    means = {f"{name}_mean.weight": torch.eye(3)[..., None, None] for name in ("sub", "add")}
    return (up_to_255(theirs) | means | {f"{name}_mean.bias": torch.zeros(3) for name in ("sub", "add")},)


def basicsr(state: State, blocks: int, ups: int) -> tuple[State, ...]:
    layers = ["conv_first", *(f"body.{n}.conv{place}" for n in range(blocks) for place in (1, 2)), "conv_after_body"]
    layers += [*(f"upsample.{2 * n}" for n in range(ups)), "conv_last"]
    return (up_to_255(renamed(state, zip(state, [f"{it}.{leaf}" for it in layers for leaf in LEAVES], strict=True))),)


OPTIONS = {"width": 4, "blocks": 2, "reduction": "bicubic"}
CASES = {
    "edsr_x4": Case("edsr", {**OPTIONS, "block": 4}, lambda state: authors(state, 2, 2), scaled=True),
    "edsr_x3": Case("edsr", {**OPTIONS, "block": 3}, lambda state: authors(state, 2, 1), scaled=True),
    "edsr_basicsr": Case("edsr", {**OPTIONS, "block": 2}, lambda state: basicsr(state, 2, 1), scaled=True),
}
