"""What the authors' TensorFlow checkpoints and daa233's port call the entries of DeepFill v1."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, renamed


def deepfill_variables(state: State) -> State:
    """The authors' variables, which lie in one scope, beside what an optimizer and a discriminator keep."""

    def variable(name: str) -> str:
        layer, leaf = name.split(".")[-2:]
        scope = f"{layer}/{layer}_conv" if "upsample" in layer else layer
        return f"inpaint_net/{scope}/{'kernel' if leaf == 'weight' else leaf}"

    theirs = renamed(state, ((name, variable(name)) for name in state))
    more = {"inpaint_net/conv1/kernel/Adam": torch.zeros(1), "global_step": torch.zeros(())}
    return theirs | more | {"discriminator/sn_patch_gan/conv1/kernel": torch.zeros(4, 4, 5, 5)}


def port(state: State) -> State:
    """The port has a module for each stage, and numbers the first branch of the second from 1 again."""

    def entry(name: str) -> str:
        _, branch, layer, leaf = name.split(".")
        fine = branch != "coarse"
        layer = layer[1:] if layer.startswith("xconv") else layer
        return f"{'fine' if fine else 'coarse'}_generator.{layer.replace('_upsample', '')}.conv.{leaf}"

    return renamed(state, ((name, entry(name)) for name in state))


def mmagic_places(state: State, conv: str) -> State:
    """mmagic's stages: six layers of an encoder, four of a neck, seven of a decoder, two after attention."""
    parts = {
        "coarse": ["encoder.enc{}"] * 6 + ["dilation_neck.dilation_convs.{}"] * 4 + ["decoder.dec{}"] * 7,
        "dilated": ["encoder_conv.enc{}"] * 6 + ["dilation_neck.dilation_convs.{}"] * 4,
        "matched": ["encoder_attention.enc{}"] * 6,
        "rebuilt": ["contextual_attention_neck.conv{}"] * 2,
        "refine": ["decoder.dec{}"] * 7,
    }
    names, layers = {}, list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    for branch, places in parts.items():
        own = [layer for layer in layers if layer.startswith(f"trunk.{branch}.")]
        counts: dict[str, int] = {}
        for layer, place in zip(own, places, strict=True):
            counts[place] = counts.get(place, -1 if "dilation" in place else 0) + 1
            names[layer] = f"stage{1 if branch == 'coarse' else 2}.{place.format(counts[place])}.{conv}"
    theirs = renamed(state, ((f"{layer}.{leaf}", f"{names[layer]}.{leaf}") for layer in layers for leaf in LEAVES))
    kernel = {"generator.stage2.contextual_attention_neck.contextual_attention.fuse_kernel": torch.eye(3)[None, None]}
    return {f"generator.{name}": it for name, it in theirs.items()} | kernel | {"disc.conv1.weight": torch.zeros(1)}


LEAVES = ("weight", "bias")
CASES = {
    "mmagic_v1": Case("contextual", {"width": 4, "padding": "mmagic"}, lambda state: (mmagic_places(state, "conv"),)),
    "deepfill_v1": Case("contextual", {"width": 4}, lambda state: (deepfill_variables(state),)),
    "daa233": Case("contextual", {"width": 4, "padding": "pytorch"}, lambda state: (port(state),)),
}
