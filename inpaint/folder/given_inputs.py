"""What somebody draws for a network beside the mask: NAME_sketch.png, NAME_colour.png.

Source: Jo and Park, SC-FEGAN (2019), where users draw lines and colours into a hole.  Which of them a network takes, it
says itself (`Generator.inputs`); nobody needs to give any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint import images
from inpaint.folder.outpainted import Widths
from inpaint.folder.pairs import as_seen, same_stem
from inpaint.images.mask_files import told_by_alpha
from inpaint.restoring.damage_restoring import Restores
from inpaint.restoring.repair import RepairWindow

INPUT_WORDS = {"sketch": "sketch", "colour": "colour", "color": "colour", "structure": "structure"}
INPUT_NAME = re.compile(rf"(?P<picture>.+)_(?P<word>{'|'.join(INPUT_WORDS)})", re.IGNORECASE | re.DOTALL)
MOST_LINES = 0.5  # of the pixels; more are the paper, and the lines are dark


def input_files(file: Path, folders: Iterable[Path]) -> dict[str, Path]:
    """Find what was drawn for a picture, by the input's name; the first folder counts first.

    >>> input_files(Path("a.png"), [])
    {}
    """
    found: dict[str, Path] = {}
    for folder in dict.fromkeys(folders):
        for word, name in INPUT_WORDS.items():
            path = None if name in found else same_stem(folder, f"{file.stem}_{word}", file)
            found |= {} if path is None else {name: path}
    return found


def drawn_among(files: Sequence[Path], names: Sequence[str]) -> set[Path]:
    """Return which files of a folder tree are no pictures but drawn for another of them, for inputs of these names."""
    pictures = {(file.parent, as_seen(file.stem)) for file in files}
    return {
        file
        for file in files
        if (read := INPUT_NAME.fullmatch(file.stem))
        and INPUT_WORDS[read["word"].lower()] in names
        and (file.parent, as_seen(read["picture"])) in pictures
    }


class GivenInputs:
    """The inputs of a file, read when its size is known and cut out for its windows."""

    def __init__(self, files: Mapping[str, Path], restorer: Restores, widths: Widths | None = None) -> None:
        """Take the files of a picture.  widths: by how much it is made larger."""
        taken = getattr(restorer, "given_names", [])
        self.files = {name: path for name, path in files.items() if name in taken}
        self.widths = widths
        self.planes: dict[str, Tensor] | None = None
        self.notes = [f"{path.name} was left: this network takes no {name}" for name, path in files.items()]
        self.notes = [note for note, name in zip(self.notes, files, strict=True) if name not in taken]

    def in_windows(self, windows: list[RepairWindow], size: tuple[int, int]) -> list[RepairWindow]:
        """Return the windows of a picture of this (height, width) with what was drawn there.

        Raises ValueError for files of another size.
        """
        if not self.files or not windows:
            return windows
        if self.planes is None:
            self.planes = {name: self.read(name, path, size) for name, path in self.files.items()}
        return [
            window._replace(inputs={name: window.box.of(plane) for name, plane in self.planes.items()})
            for window in windows
        ]

    def read(self, name: str, path: Path, size: tuple[int, int]) -> Tensor:
        """Read one input, (channels, H, W)."""
        picture = images.read(path)
        plane = self.lines_in(picture, path) if name == "sketch" else painted_colours(picture)
        if picture.size != size and self.widths is not None:
            plane = F.pad(plane, self.widths)
        if plane.shape[1:] != size:
            raise ValueError(
                f"{path} is a {name} of {picture.size[1]} x {picture.size[0]} pixels, but its picture has "
                f"{size[1]} x {size[0]}: it must have the size of its picture"
            )
        return plane

    def lines_in(self, picture: images.Picture, path: Path) -> Tensor:
        """Return where lines are drawn, (1, H, W) of 0 and 1: bright on dark, dark on bright, or on nothing."""
        told = told_by_alpha(picture)
        levels = picture.colour.max(axis=2) if told is None else told
        lines = torch.from_numpy(levels >= (picture.peak + 1) // 2)
        if lines.float().mean() > MOST_LINES:
            lines = ~lines
            self.notes.append(f"{path.name} was taken for dark lines on a bright ground")
        if not lines.any():
            self.notes.append(f"{path.name} shows no line")
        return lines.float()[None]

    def note(self) -> str | None:
        """Say what was guessed or left."""
        return "; ".join(self.notes) or None


def painted_colours(picture: images.Picture) -> Tensor:
    """Return painted colours, (3, H, W) in [0, 1], black where nothing is painted."""
    colours = picture.tensor()
    return colours if picture.alpha is None else colours * torch.from_numpy(picture.alpha > 0)
