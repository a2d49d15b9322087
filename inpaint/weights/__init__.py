"""The networks that come with the package, by name; each has a model card beside it."""

from __future__ import annotations

from pathlib import Path

BUNDLED = ("default", "texture")  # for fidelity; for likely texture


def bundled_path(name: str) -> Path:
    """Return where a bundled network lies."""
    return Path(__file__).parent / f"{name}.safetensors"
