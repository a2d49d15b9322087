"""What a layout is: how the files of a network's authors, or of a port, keep that network.

A layout says how large the network in a file is and where each of our entries lies in it.  Layouts do not import torch,
so that the command line can name them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

Entries = Mapping[str, "Tensor"]  # a file's tensors by their names there
GeneratorOptions = dict[str, Any]
WHITE_HOLES = {"name": "hole", "value": "white"}
BLACK_HOLES = {"name": "hole", "value": "black"}


class Layout(NamedTuple):
    """One way in which files keep one network."""

    source: str  # whose files these are
    generator: str  # its name here
    first: str  # the entry of the first convolution, which tells the width
    options: Callable[[Entries], GeneratorOptions]  # from the sizes in a file that has `first`
    theirs: Callable[[str, GeneratorOptions], str]  # what an entry of ours is called there
    harmless: str = r"(?!)"  # entries that ours does without, as a pattern
    files: tuple[str, ...] = ("",)  # what our entries start with, by file
    told_by: str = ""  # the entry by which the first of two files is told from the second, which has none of this name
    adapt: Callable[[str, Tensor], Tensor] | None = None  # an entry under our name, from theirs
    transposed: str = r"(?!)"  # our entries that lie on their side there, as a pattern
    judges: Callable[[Entries, GeneratorOptions], Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] | None = (
        None  # discriminators in the file that tell its best answer: name, options and entries of each
    )
    channels: str = "rgb"  # the order that the network in the file expects
    colours: tuple[tuple[str, int] | tuple[str, int, int], ...] = ()  # our entries, a dimension, where 3 colours start
    mask: str = "irregular"
    crop: int = 256  # px, the side of the pictures that it learned from
    fills: tuple[dict[str, Any], ...] = (BLACK_HOLES,)
    note: str = ""


def count_numbered(entries: Entries, name: str, start: int = 1) -> int:
    """Count the entries whose names differ in a number, as long as the numbers follow each other."""
    return next(number for number in count(start) if name.format(number) not in entries) - start


def width_of(entries: Entries, name: str) -> int:
    """Return how many channels a convolution answers.  Raises ValueError for what is no convolution's weight."""
    if entries[name].dim() != 4:
        raise ValueError(f"{name} is {list(entries[name].shape)}, but should be a convolution's weight of 4 dimensions")
    return len(entries[name])


def without_trunk(name: str, options: GeneratorOptions) -> str:
    """Return the name of an entry in files that do not put the network's layers under `trunk`."""
    return name.removeprefix("trunk.")
