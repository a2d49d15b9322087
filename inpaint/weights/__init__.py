"""The networks that come with the package, by name; each has a model card beside it."""

from __future__ import annotations

from pathlib import Path

BUNDLED = ("default", "texture")  # what a user restores with: for fidelity; for likely texture
NETWORKS_OF_DEFAULT = {"hole": "holes", "mosaic": "mosaics"}  # the best one for each censor
WITHOUT_GRID = "texture"  # restores mosaics that show no grid of cells
BUNDLED_NETWORKS = ("holes", "mosaics", "texture")  # the files


def bundled_path(name: str) -> Path:
    """Return where a bundled network lies."""
    return Path(__file__).parent / f"{name}.safetensors"
