"""Annotations of every tool that people use, read into regions and drawn as masks."""

from __future__ import annotations

from inpaint.builders.annotations.draw import draw_regions, region_bounds
from inpaint.builders.annotations.lookup import Lookup
from inpaint.builders.annotations.read import ANNOTATION_FORMATS, ReadAnnotations, read_annotations
from inpaint.builders.annotations.region import AnnotatedRegion, Annotations, Runs
from inpaint.builders.annotations.turned import as_shown, exif_orientation

__all__ = [
    "ANNOTATION_FORMATS",
    "AnnotatedRegion",
    "Annotations",
    "Lookup",
    "ReadAnnotations",
    "Runs",
    "as_shown",
    "draw_regions",
    "exif_orientation",
    "read_annotations",
    "region_bounds",
]
