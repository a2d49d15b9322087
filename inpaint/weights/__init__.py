"""The networks that come with the package, by name; each has a model card beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

BUNDLED = ("default", "texture")  # what a user restores with: for fidelity; for likely texture
CENSOR_NAMES = {"holes": "hole", "mosaics": "mosaic"}  # what a model is for, where several are named
NETWORKS_OF_DEFAULT = {"hole": "holes", "mosaic": "mosaics"}  # the best one for each censor
MODEL_SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".onnx")
WITHOUT_GRID = "texture"  # restores mosaics that show no grid of cells
VIVID = "vivid"  # restores mosaics that show one with invented detail, and varies with noise
BUNDLED_NETWORKS = ("holes", "mosaics", "texture", "vivid")  # the files


def parse_models(words: Sequence[str]) -> str | dict[str, str]:
    """Return the one model that words name, or those of the two censors, as of ["holes=FILE", "mosaics=FILE"].

    Raises ValueError for several models where it does not say which is for what.
    """
    named: dict[str, str] = {}
    for word in words:
        what, equals, model = word.partition("=")
        if not equals or what not in CENSOR_NAMES:
            if len(words) == 1:
                return word
            raise ValueError(f"{word!r} is one of several models: say what each is for, holes=FILE or mosaics=FILE")
        if CENSOR_NAMES[what] in named:
            raise ValueError(f"two models are for {what}: {named[CENSOR_NAMES[what]]} and {model}")
        named[CENSOR_NAMES[what]] = model
    return named


def model_files(name: str) -> list[str]:
    """Return what a name of a model stands for: itself, or, where it is a folder, the files of weights in it.

    Raises ValueError for a folder without any.
    """
    folder = Path(name)
    if not folder.is_dir():
        return [name]
    found = sorted(str(file) for file in folder.iterdir() if file.suffix.lower() in MODEL_SUFFIXES)
    if not found:
        raise ValueError(f"the folder {name} holds no models: their names end with {', '.join(MODEL_SUFFIXES)}")
    return found


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
        return [bundled_path(name) for name in dict.fromkeys((*NETWORKS_OF_DEFAULT.values(), WITHOUT_GRID, VIVID))]
    return [model_file(model)]
