"""Tiny runs for the tests of training: a folder of pictures, a tree that learns from it, and what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from inpaint.images import from_array, write
from inpaint.randomness import rng_for


def folder_of_pictures(folder: Path, *, count: int = 3, side: int = 72) -> Path:
    """Write smooth coloured pictures that no two of are alike."""
    for number in range(count):
        coarse = torch.rand(1, 3, 5, 5, generator=rng_for("tiny", number))
        smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)
        write(from_array(smooth[0]), folder / f"picture{number}.png")
    return folder


def tiny_tree(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """A supervised run of six steps, with both censors; `more` replaces whole sections."""
    tree: dict[str, Any] = {
        "output": str(output),
        "steps": 6,
        "device": "cpu",
        "every": {"log": 1, "samples": 3, "validate": 3, "save": 3},
        "data": {
            "train": str(pictures),
            "validation": str(pictures),
            "validation_samples": 2,
            "crop": 32,
            "batch": 2,
            "workers": 0,
            "mask": {"name": "boxes", "times": [1, 1], "sides": [8, 16]},
            "fill": [{"name": "hole", "value": "smooth"}, {"name": "mosaic", "block": [3, 6], "enlarge": "bicubic"}],
        },
        "generator": {"name": "residual_unet", "widths": [4, 8], "blocks": 1, "middle": 1},
        "recipe": {"name": "supervised", "weights": {"hole_l1": 1.0}},
    }
    adamw = {"lr": 1e-3, "schedule": "cosine", "warmup": min(2, more.get("steps", 6) - 1), "weight_decay": 1e-4}
    return tree | {"optim": {"generator": adamw}} | more


def adversarial_tree(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """A U-Net with batch norm and dropout against a discriminator with spectral and one with batch norm."""
    judges = {
        "near": {"name": "patch", "width": 4, "layers": 1, "norm": "none", "spectral": True},
        "far": {"name": "patch", "width": 4, "layers": 2, "norm": "batch", "see_mask": True},
    }
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.999]}
    tree = tiny_tree(pictures, output)
    generator = {"name": "unet", "shape": "pix2pix", "width": 4, "levels": 6, "dropout": 0.5}
    return (
        tree
        | {
            "data": tree["data"] | {"crop": 64},
            "generator": generator,
            "discriminators": judges,
            "recipe": {"name": "adversarial", "weights": {"l1": 1.0}, "weight": 0.1, "feature_matching": 1.0},
            "optim": {"generator": adam, "near": adam, "far": adam},
        }
        | more
    )


def edges_tree(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """EdgeConnect through its four stages: its first two steps draw, two paint, one paints by drawn edges, one both."""
    judge = {"name": "patch", "width": 4, "norm": "none", "spectral": True, "bias": False, "signed": False}
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.0, 0.9]}
    stages = {"edge": 0, "inpaint": 2, "drawn": 4, "joint": 5}
    tree = {
        "generator": {"name": "edge_connect", "width": 2},
        "discriminators": {"edges_discriminator": judge | {"in_channels": 2}, "painter_discriminator": judge},
        "recipe": {"name": "edges", "weights": {"l1_per_hole": 1.0}, "stages": stages},
        "optim": dict.fromkeys(("edges", "painter", "edges_discriminator", "painter_discriminator"), adam),
    }
    return tiny_tree(pictures, output) | tree | more


def critics_tree(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """A two-stage network against a local and a global critic, which learn twice for each of its steps."""
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]}
    return (
        tiny_tree(pictures, output)
        | {
            "generator": {"name": "contextual", "width": 4},
            "discriminators": {"critics": {"name": "local_global", "width": 4, "size": 32, "crop": 16}},
            "recipe": {"name": "wgan_gp", "weights": {"discounted_l1": 2.4, "valid_mae": 2.4}, "critic_steps": 2},
            "optim": {"generator": adam, "critics": adam},
        }
        | more
    )


def cycle_tree(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """Unpaired learning whose pools overflow within the six steps."""
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.999]}
    judge = {"name": "patch", "width": 4, "layers": 1, "norm": "instance"}
    network = {"name": "resnet9", "width": 4, "blocks": 1}
    tree = {
        "generator": network,
        "partners": {"reverse": network},
        "discriminators": {"target": judge, "image": judge},
        "recipe": {"name": "cycle", "pool": 3},
        "optim": {"generator": adam, "discriminator": adam},
    }
    return tiny_tree(pictures, output) | tree | more
