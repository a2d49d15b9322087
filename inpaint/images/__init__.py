"""Faithful image files: every mode a folder really holds is read, and known pixels are written back bit for bit."""

from __future__ import annotations

from inpaint.images.listing import SUFFIXES, find, format_of
from inpaint.images.masks import read_mask
from inpaint.images.picture import Picture, from_array
from inpaint.images.reading import read
from inpaint.images.writing import write

__all__ = ["SUFFIXES", "Picture", "find", "format_of", "from_array", "read", "read_mask", "write"]
