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


CASES = {
    "deepfill_v1": Case("contextual", {"width": 4}, lambda state: (deepfill_variables(state),)),
    "daa233": Case("contextual", {"width": 4, "padding": "pytorch"}, lambda state: (port(state),)),
}
