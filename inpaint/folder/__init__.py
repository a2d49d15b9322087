"""A folder in, a folder out: the marked places of many pictures are restored, and one bad file never stops the rest.

Source: the workflow of DeepCreamPy (marked pixels are painted in pure green, the pixels of a mosaic come from an
original of the same stem, variants are named `STEM K`).  What differs: every region is restored whatever its size and
place, folders are walked as trees, files keep their format and what else they carry, masks may be files, and a picture
that cannot be restored says why.
"""

from __future__ import annotations

from inpaint.folder.batch import decensor
from inpaint.folder.job import CENSORS, EXISTING, ON_EMPTY, VARIATIONS
from inpaint.folder.outcome import Outcome
from inpaint.restoring.repair import FLIPS, Restores

__all__ = ["CENSORS", "EXISTING", "FLIPS", "ON_EMPTY", "VARIATIONS", "Outcome", "Restores", "decensor"]
