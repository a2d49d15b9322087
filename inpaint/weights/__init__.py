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


def model_file(model: str | Path) -> Path:
    """Return where a bundled network of this name, or a file, lies.  Raises ValueError for what is neither."""
    if str(model) == "default" and not Path(model).is_file():
        raise ValueError(f"default is several networks: name one of {', '.join(BUNDLED_NETWORKS)}, or a file")
    path = bundled_path(str(model)) if str(model) in BUNDLED_NETWORKS else Path(model)
    if not path.is_file():
        if str(model) in BUNDLED_NETWORKS:
            raise ValueError(f"the bundled network {model} is missing: there is no {path}; name a checkpoint file")
        known = ", ".join(dict.fromkeys((*BUNDLED, *BUNDLED_NETWORKS)))
        raise ValueError(f"{model} is neither a bundled network ({known}) nor a checkpoint file")
    return path


def files_of(model: str | Path) -> list[Path]:
    """Return all files of weights that a bundled network, or a file, stands for; errors as of `model_file`."""
    if str(model) == "default" and not Path(model).is_file():
        return [bundled_path(name) for name in dict.fromkeys((*NETWORKS_OF_DEFAULT.values(), WITHOUT_GRID))]
    return [model_file(model)]
