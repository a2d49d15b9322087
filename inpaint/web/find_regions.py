"""Looks for what is censored in an uploaded picture, and shows any picture as a browser can."""

from __future__ import annotations

import base64
import io
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inpaint import images
from inpaint.detection.censored import find_censored, mask_of
from inpaint.detection.colour import GREEN
from inpaint.detection.damage import labelled_regions
from inpaint.folder.paint import paint_in
from inpaint.web.restore_upload import Limits, check_picture


def find_regions(name: str, data: bytes, limits: Limits) -> dict:
    """Return the mask of what is painted green, or else of mosaics and bars, as base64 PNG, and what each region is."""
    picture = first_frame(name, data, limits)
    mask = torch.from_numpy(paint_in(picture, GREEN).mask).float()[None]  # (1, H, W)
    regions: list[dict] = [{"kind": "paint", "box": box, "block": None} for box in region_boxes(mask)]
    if not regions:
        found = find_censored(picture.tensor())
        mask = mask_of(found, picture.size)
        for region in found:
            kind, block = ("mosaic", [round(side, 2) for side in region.grid.block]) if region.grid else ("bar", None)
            box = [region.top, region.left, region.top + region.mask.shape[0], region.left + region.mask.shape[1]]
            regions.append({"kind": kind, "box": box, "block": block})
    encoded = base64.b64encode(png_for_page(mask[0].byte().numpy() * 255)).decode()
    return {"regions": regions, "mask": encoded, "told": regions_sentence(regions)}


def first_frame(name: str, data: bytes, limits: Limits) -> images.Picture:
    """Read a picture, or the first frame of an animated one."""
    check_picture(name, data, limits)
    return next(images.open_frames(Path(name), data=data).frames())


def regions_sentence(regions: list[dict]) -> str:
    """Say what was found."""
    if not regions:
        return "Nothing was found: paint what shall be restored."
    counts = Counter(region_words(region) for region in regions)
    found = ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in counts.items())
    return f"Found {found}. Look whether the mask is right."


def region_words(region: dict) -> str:
    return region["kind"] + (" of {} x {} px cells".format(*region["block"]) if region["block"] else "")


def region_boxes(mask: Tensor) -> list[list[int]]:
    """Return (top, left, bottom, right) of each 8-connected part of a mask (1, H, W)."""
    return [[rows.start, columns.start, rows.stop, columns.stop] for rows, columns in labelled_regions(mask)[1]]


def png_for_page(levels: np.ndarray) -> bytes:
    """Encode (H, W) or (H, W, 3) uint8."""
    encoded = io.BytesIO()
    Image.fromarray(levels).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def preview(name: str, data: bytes, limits: Limits) -> bytes:
    """Return a picture of any format as an 8-bit RGB PNG, for browsers that cannot show it."""
    image = first_frame(name, data, limits).tensor()
    return png_for_page((image * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())
