"""Annotations of every tool that people use, read into regions and drawn as masks."""

from __future__ import annotations

from inpaint.builders.annotations.draw import bounds, draw
from inpaint.builders.annotations.lookup import Lookup
from inpaint.builders.annotations.read import FORMATS, Read, read_annotations
from inpaint.builders.annotations.region import Annotations, Region, Runs

__all__ = ["FORMATS", "Annotations", "Lookup", "Read", "Region", "Runs", "bounds", "draw", "read_annotations"]
