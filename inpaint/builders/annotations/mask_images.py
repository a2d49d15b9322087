"""Mask images: a picture of the same stem for every picture, bright where it is annotated.

They are read when they are drawn, by the rule of images.read_mask, and must have the size of their picture.
"""

from __future__ import annotations

from pathlib import Path

from inpaint import images
from inpaint.builders.annotations.region import AnnotatedRegion, Annotations


def read_mask_images(path: Path) -> Annotations:
    """Return one region for every mask below a folder, named by its path without the suffix."""
    root = path if path.is_dir() else path.parent
    found: Annotations = {}
    for file in images.find(path):
        name = file.relative_to(root).with_suffix("").as_posix()
        if name in found:
            raise ValueError(f"{file} is a second mask for {name}: each picture has one")
        found[name] = [AnnotatedRegion("", "mask", pixels=file)]
    return found
