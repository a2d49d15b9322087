"""Faithful image files: every mode a folder really holds is read, and known pixels are written back bit for bit."""

from __future__ import annotations

from inpaint.images.animation import (
    Animation,
    FrameStream,
    FrameWriter,
    is_animated,
    open_frames,
    read_frames,
    write_frames,
)
from inpaint.images.decoding import SeveralFrames
from inpaint.images.listing import SUFFIXES, find, format_of, other_files
from inpaint.images.mask_files import read_mask, read_mask_for
from inpaint.images.picture import Picture, eight_bits, from_array
from inpaint.images.reading import read
from inpaint.images.stored_size import stored_size
from inpaint.images.writing import encode, keep_times, write

__all__ = [
    "SUFFIXES",
    "Animation",
    "FrameStream",
    "FrameWriter",
    "Picture",
    "SeveralFrames",
    "eight_bits",
    "encode",
    "find",
    "format_of",
    "from_array",
    "is_animated",
    "keep_times",
    "open_frames",
    "other_files",
    "read",
    "read_frames",
    "read_mask",
    "read_mask_for",
    "stored_size",
    "write",
    "write_frames",
]
