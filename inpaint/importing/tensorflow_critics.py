"""Discriminators in authors' TensorFlow checkpoints: of DeepFill v1 and v2, PEPSI and region-wise inpainting.

They lie beside the generators, which `inpaint import-weights` takes in by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch.nn.functional as F
from torch import Tensor

from inpaint.importing.convert import swapped

Given = Mapping[str, Tensor]
SPECTRAL_LAYERS = 6  # of SN-PatchGAN and of PEPSI's discriminator


class TensorflowCritic(NamedTuple):
    """A discriminator of ours, and how it is kept there."""

    name: str
    first: str  # its first variable, by which it is told
    options: Callable[[Given], dict[str, Any]]
    weights: Callable[[Given], dict[str, Tensor]]
    bgr: bool  # whether it judges pictures with red and blue exchanged, as OpenCV reads them


def in_rgb(entries: Given, critic: TensorflowCritic) -> Given:
    """Return entries whose convolutions of pictures take red before blue."""
    seen = (V1_FIRST, V1_FIRST.replace("local", "global"), V2_FIRST)
    return {name: swapped(it, 1) if critic.bgr and name in seen else it for name, it in entries.items()}


def spectral(entries: Given, ours: str, kernel: str, bias: str, left: str) -> dict[str, Tensor]:
    """Return a normalised convolution's entries; the right vector, which TensorFlow does not keep, is made."""
    weight, vector = entries[kernel], entries[left].flatten()
    right = F.normalize(vector @ weight.flatten(1), dim=0)
    vectors = {"0._u": vector, "0._v": right, "original": weight}
    return {f"{ours}.parametrizations.weight.{name}": it for name, it in vectors.items()} | {
        f"{ours}.bias": entries[bias]
    }


def sn_patch_of(kernel: str, bias: str, left: str) -> Callable[[Given], dict[str, Tensor]]:
    """Return what reads an SN-PatchGAN whose variables have these names, with {} for the number of a layer."""

    def weights(entries: Given) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for number in range(SPECTRAL_LAYERS):
            names = (name.format(number + 1) for name in (kernel, bias, left))
            found |= spectral(entries, f"trunk.convolutions.{number}", *names)
        return found

    return weights


def local_global_of(entries: Given) -> dict[str, Tensor]:
    """Return the weights of DeepFill v1's two critics."""
    found = {}
    for ours, theirs in (("local", "local"), ("whole", "global")):
        for number in range(4):
            start = f"discriminator/discriminator_{theirs}/conv{number + 1}"
            found[f"{ours}.convolutions.{number}.weight"] = entries[f"{start}/kernel"]
            found[f"{ours}.convolutions.{number}.bias"] = entries[f"{start}/bias"]
        found[f"{ours}.judge.weight"] = entries[f"discriminator/dout_{theirs}_fc/kernel"].T
        found[f"{ours}.judge.bias"] = entries[f"discriminator/dout_{theirs}_fc/bias"]
    return found


def red_of(entries: Given) -> dict[str, Tensor]:
    """Return the weights of PEPSI's discriminator, whose 4 x 4 regions are counted in one row there."""
    found: dict[str, Tensor] = {}
    for number in range(SPECTRAL_LAYERS):
        start = f"disc_red/l{number + 1}"
        found |= spectral(entries, f"convolutions.{number}", f"{start}w", f"{start}b", f"{start}wu")
    found["regions.weight"] = entries["disc_red/l7_w"].reshape(1, -1, 4, 4)
    return found | {"regions.bias": entries["disc_red/l7_b"].permute(2, 0, 3, 1)}


def local_global_options(entries: Given) -> dict[str, Any]:
    """Return the sizes of pictures that DeepFill v1's critics judge."""
    kernel = entries["discriminator/discriminator_local/conv1/kernel"]
    values = [len(entries[f"discriminator/dout_{place}_fc/kernel"]) for place in ("global", "local")]
    wide = [len(entries[f"discriminator/discriminator_{place}/conv4/bias"]) for place in ("global", "local")]
    size, crop = (16 * round((count / width) ** 0.5) for count, width in zip(values, wide, strict=True))
    return {"width": len(kernel), "size": size, "crop": crop}


V2_FIRST, REGION_FIRST = "discriminator/sn_patch_gan/conv1/kernel", "discriminator/d_conv1_w"
PEPSI_FIRST, V1_FIRST = "disc_red/l1w", "discriminator/discriminator_local/conv1/kernel"
TENSORFLOW_CRITICS = (
    TensorflowCritic(
        "sn_patch",
        V2_FIRST,
        lambda entries: {"width": len(entries[V2_FIRST]), "see_mask": entries[V2_FIRST].shape[1] == 4},
        sn_patch_of(*(f"discriminator/sn_patch_gan/conv{{}}/{leaf}" for leaf in ("kernel", "bias", "kernel_sn/u"))),
        bgr=True,
    ),
    TensorflowCritic(
        "sn_patch",
        REGION_FIRST,
        lambda entries: {"width": len(entries[REGION_FIRST]), "within": True},
        sn_patch_of(*(f"discriminator/d_conv{{}}{leaf}" for leaf in ("_w", "_bias", "u"))),
        bgr=False,
    ),
    TensorflowCritic("local_global", V1_FIRST, local_global_options, local_global_of, bgr=True),
    TensorflowCritic("red", PEPSI_FIRST, lambda entries: {"width": len(entries[PEPSI_FIRST])}, red_of, bgr=False),
)


def tensorflow_critic(entries: Given, where: str) -> tuple[TensorflowCritic, dict[str, Tensor]] | None:
    """Return which discriminator entries hold and its weights under our names; None where they hold none of these.

    Raises ValueError for one that lacks variables.
    """
    found = next((critic for critic in TENSORFLOW_CRITICS if critic.first in entries), None)
    if found is None:
        return None
    try:
        weights = {name: it.float().contiguous() for name, it in found.weights(in_rgb(entries, found)).items()}
    except KeyError as error:
        raise ValueError(f"{where} holds no whole discriminator {found.name}: {error.args[0]} is missing") from None
    return found, weights
