"""Mask images: for every picture one of the same stem, or of STEM_mask, bright where it is annotated.

They are read when they are drawn, by the rule of images.read_mask, and must have the size of their picture.
"""

from __future__ import annotations

import re
from pathlib import Path

from inpaint import images
from inpaint.builders.annotations.region import AnnotatedRegion, Annotations

MASK_STEM = re.compile(r"[-_. ]masks?$", re.IGNORECASE)  # what a stem ends with that says itself what it is


def read_mask_images(path: Path) -> Annotations:
    """Return one region for every mask below a folder, named by its path without the suffix."""
    root = path if path.is_dir() else path.parent
    found: Annotations = {}
    files = images.find(path)
    marked = [file for file in files if MASK_STEM.search(file.stem)]
    for file in marked or files:  # NAME_mask.png may lie beside NAME.jpg
        name = MASK_STEM.sub("", file.relative_to(root).with_suffix("").as_posix())
        if name in found:
            raise ValueError(f"{file} is a second mask for {name}: each picture has one")
        found[name] = [AnnotatedRegion("", "mask", pixels=file)]
    return found
