"""A folder in, a folder out: the marked places of many pictures are restored, and one bad file never stops the rest.

Source: the workflow of DeepCreamPy (marked pixels are painted in pure green, the pixels of a mosaic come from an
original of the same stem, variants are named `STEM K`).  What differs: every region is restored whatever its size and
place, folders are walked as trees, files keep their format and what else they carry, masks may be files, and a picture
that cannot be restored says why.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inpaint.folder.batch import decensor
    from inpaint.folder.file_outcome import Outcome
    from inpaint.folder.options import DecensorOptions
    from inpaint.restoring.repair import Restores
    from inpaint.restoring.turns import FLIPS

FACES = {
    "DecensorOptions": "inpaint.folder.options",
    "FLIPS": "inpaint.restoring.turns",
    "Outcome": "inpaint.folder.file_outcome",
    "Restores": "inpaint.restoring.repair",
    "decensor": "inpaint.folder.batch",
}
__all__ = ["FLIPS", "DecensorOptions", "Outcome", "Restores", "decensor"]


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: the options are read by a command line that must begin quickly."""
    if name not in FACES:
        raise AttributeError(f"module inpaint.folder has no attribute {name!r}")
    return getattr(import_module(FACES[name]), name)
