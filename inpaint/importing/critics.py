"""Discriminators of other projects, so that fine-tuning goes on with the critic that a generator learned beside.

A PatchGAN is told by its convolutions alone: how many there are, how wide, with what norm and which biases.  Those of
pix2pix, CycleGAN, EdgeConnect, region normalization, AOT-GAN and LaMa are such; they, and those in TensorFlow
checkpoints of DeepFill, PEPSI and region-wise inpainting, become a checkpoint for `pretrained:` of the run's
discriminator.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from inpaint.checkpoint import save_checkpoint
from inpaint.discriminators import DISCRIMINATORS
from inpaint.foreign_files import read_entries, weights_path
from inpaint.importing.convert import with_right_vectors
from inpaint.importing.tensorflow_critics import TensorflowCritic, tensorflow_critic

CRITIC = "patch"  # what such a file is imported as
TWICE_NAMED = ("features.",)  # EdgeConnect names its first convolution twice
SPECTRAL_LEAVES = {"weight_orig": "parametrizations.weight.original"}
SPECTRAL_LEAVES |= {f"weight_{side}": f"parametrizations.weight.0._{side}" for side in "uv"}
SEEN_BY_CHANNELS: dict[int, dict[str, Any]] = {
    3: {},
    4: {"see_mask": True},
    6: {"see_image": True},
    7: {"see_image": True, "see_mask": True},
}
Layers = list[dict[str, Tensor]]


def import_critic(file: Path | str, output: Path | str) -> list[str]:
    """Convert a file with a PatchGAN to a checkpoint; return lines that say what it is and how a run takes it.

    Raises ValueError in a sentence for a file that holds no PatchGAN, or one with entries of something else.
    """
    path, output = Path(file), Path(output)
    if output.suffix != ".safetensors":
        raise ValueError(f"{output} should end in .safetensors, as checkpoints do")
    entries = read_entries(weights_path(path))
    if (of_tensorflow := tensorflow_critic(entries, str(path))) is not None:
        return kept_critic(*of_tensorflow, entries=entries, output=output, origin=path.name)
    layers = layers_of(entries, str(path))
    options = critic_options(layers)
    network = DISCRIMINATORS[CRITIC](**options)
    wanted = network.state_dict()
    weights: dict[str, Tensor] = {}
    for ours, theirs in zip(own_layers(network), layers, strict=True):
        for leaf, tensor in theirs.items():
            name = f"{ours}.{SPECTRAL_LEAVES.get(leaf, leaf)}"
            if name not in wanted or wanted[name].shape != tensor.shape:
                raise ValueError(f"{path} holds no PatchGAN: {leaf} of {list(tensor.shape)} has no place in {ours}")
            weights[name] = tensor.to(wanted[name].dtype)
    missing = [name for name in wanted if name not in weights and not name.endswith("num_batches_tracked")]
    if missing:
        raise ValueError(f"{path} holds no whole PatchGAN: {missing[0]} is missing")
    weights |= {name: it for name, it in wanted.items() if name not in weights}
    save_checkpoint(output, weights, run={}, provenance={"imported": {"layout": CRITIC, "files": [path.name]}})
    return [
        f"{output}: discriminator {CRITIC}, {len(layers)} layers",
        f"in a run: {{name: {CRITIC}, {in_yaml(options)}, pretrained: {output}}}",
        "what a file does not tell: signed (pictures in [-1, 1]) and, where there is no batch norm, the norm",
    ]


def kept_critic(
    critic: TensorflowCritic, weights: dict[str, Tensor], *, entries: Mapping[str, Tensor], output: Path, origin: str
) -> list[str]:
    """Save a discriminator of a TensorFlow checkpoint and say how a run takes it."""
    options = critic.options(entries)
    wanted = DISCRIMINATORS[critic.name](**options).state_dict()
    if odd := next((name for name in wanted if name not in weights or wanted[name].shape != weights[name].shape), ""):
        raise ValueError(f"{origin} holds no {critic.name} that is known here: {odd} is missing or of another shape")
    save_checkpoint(output, weights, run={}, provenance={"imported": {"layout": critic.name, "files": [origin]}})
    return [
        f"{output}: discriminator {critic.name}, {len(weights)} entries",
        f"in a run: {{name: {critic.name}, {in_yaml(options)}, pretrained: {output}}}",
        "it judges pictures in RGB" + (", the file's expected BGR" if critic.bgr else ""),
    ]


def in_yaml(options: Mapping[str, Any]) -> str:
    """Return options as a run's YAML has them."""
    return ", ".join(f"{key}: {str(it).lower() if isinstance(it, bool) else it}" for key, it in options.items())


def layers_of(entries: Mapping[str, Tensor], where: str) -> Layers:
    """Return the entries of every layer by their last name, in order."""
    of_critic = {name: it for name, it in entries.items() if name.startswith("discriminator.")} or dict(entries)
    layers: dict[str, dict[str, Tensor]] = {}
    for name, tensor in with_right_vectors(of_critic).items():
        stem, _, leaf = name.removeprefix("discriminator.").removeprefix("module.").rpartition(".")
        if not f"{stem}.".startswith(TWICE_NAMED):
            layers.setdefault(stem, {})[leaf] = tensor
    convolutions = [it for it in layers.values() if kernel_of(it) is not None]
    if len(convolutions) < 3 or any(tuple(kernel_of(it).shape[2:]) != (4, 4) for it in convolutions):  # pyright: ignore
        raise ValueError(f"{where} holds no PatchGAN, whose convolutions are of 4 x 4 pixels")
    return list(layers.values())


def kernel_of(layer: Mapping[str, Tensor]) -> Tensor | None:
    """Return a convolution's weight, None for a norm."""
    weight = layer.get("weight_orig", layer.get("weight"))
    return weight if weight is not None and weight.dim() == 4 else None


def critic_options(layers: Layers) -> dict[str, Any]:
    """Return the options of the discriminator whose layers these are."""
    convolutions = [it for it in layers if kernel_of(it) is not None]
    first, inner, last = convolutions[0], convolutions[1], convolutions[-1]
    batch, spectral = len(layers) > len(convolutions), "weight_orig" in first
    kernel = kernel_of(first)
    assert kernel is not None
    width, channels = kernel.shape[:2]
    norm_bias = batch and "bias" in inner
    options: dict[str, Any] = {
        "width": width,
        "layers": len(convolutions) - 2,
        "norm": "batch" if batch else "none" if spectral else "instance",
        "spectral": spectral,
        "bias": "bias" in first,
        "plain_last": spectral and "weight_orig" not in last,
        "norm_bias": norm_bias,
        "padding": 2 if norm_bias else 1,  # as in LaMa, the one that has such biases
    }
    return options | SEEN_BY_CHANNELS.get(channels, {"in_channels": channels})


def own_layers(network: nn.Module) -> list[str]:
    """Return the names of our layers with entries, in order."""
    kinds = (nn.Conv2d, nn.BatchNorm2d)
    return [name for name, layer in network.named_modules() if isinstance(layer, kinds)]
