"""Examine one picture: is it fit for training, what does it look like, and which patches does it give?

The picture is decoded once.  Its patches are written to a staging folder at once, because whether the picture is a
duplicate is known only when all have been seen.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from inpaint.builders.annotations import AnnotatedRegion, as_shown, exif_orientation
from inpaint.builders.examining.annotated import AnnotatedPatch, cut_annotated
from inpaint.builders.examining.clean import Fault, censored_share, decode_picture, fault_of, quality_fault, text_fault
from inpaint.builders.examining.patches import CutPatch, cut_patches
from inpaint.builders.examining.quality import quality_of
from inpaint.builders.inspection.second_look import corners_to_bytes
from inpaint.builders.likeness.features import features_of, features_to_bytes
from inpaint.builders.likeness.fingerprints import fingerprint_of, quarter_fingerprints
from inpaint.builders.settings import DatasetSettings
from inpaint.builders.sources.source import SourcePicture, read_source
from inpaint.builders.work.records import Finding, StagedPatch

PNG_COMPRESSION = 4  # of PNG: half the time of the usual 6, and files 0.4 % larger


def examine_picture(
    number: int,
    source: SourcePicture,
    settings: DatasetSettings,
    staging: Path,
    regions: Sequence[AnnotatedRegion] | Fault | None = None,
) -> Finding:
    """Return the finding of one picture, its patches written as STAGING/NUMBER_N.png and their masks as _N.mask.png.

    regions: what is annotated in it, or why that cannot be known; None where nothing is to be annotated.
    """
    if isinstance(regions, Fault):
        return Finding(source, *regions)
    try:
        data = read_source(source)
    except ValueError as error:
        return Finding(source, "unreadable", _without_name(str(error), source.name))
    rgb = decode_picture(source.name, data, settings)  # (H, W, 3) uint8
    if isinstance(rgb, Fault):
        return Finding(source, rgb.rule, _without_name(rgb.detail, source.name))
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    fault = fault_of(gray, settings)
    if fault is not None:
        return Finding(source, *fault)
    looked_for = settings.clean.censored is not None or settings.keep == "quality"
    quality = quality_of(rgb, gray, data, censored=censored_share(rgb) if looked_for else 0.0)
    fault = quality_fault(quality, settings) or text_fault(rgb, settings)
    if fault is not None:
        return Finding(source, *fault)
    digest = hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()
    left_out: Counter[str] = Counter()
    places = places_of(source, rgb, digest, settings, _shown(regions, data, rgb, settings), left_out)
    if isinstance(places, Fault):
        left = tuple(sorted(left_out.items()))
        return Finding(source, places.rule, _without_name(places.detail, source.name), left_out=left)
    looks = (fingerprint_of(gray), *quarter_fingerprints(gray))
    staging.mkdir(parents=True, exist_ok=True)
    patches = tuple(_stage(place, staging / f"{number}_{index}.png") for index, place in enumerate(places))
    needed = settings.group.features is not None or settings.splits_from is not None
    return Finding(
        source,
        digest=digest,
        size=(gray.shape[0], gray.shape[1]),
        bytes=len(data),
        looks=looks,
        patches=patches,
        features=features_to_bytes(features_of(gray)) if needed else b"",
        corners=corners_to_bytes(gray),
        quality=quality,
        left_out=tuple(sorted(left_out.items())),
    )


def places_of(
    source: SourcePicture,
    rgb: np.ndarray,
    digest: str,
    settings: DatasetSettings,
    regions: Sequence[AnnotatedRegion] | Fault | None,
    left_out: Counter[str] | None = None,
) -> Sequence[CutPatch | AnnotatedPatch] | Fault:
    """Return what is cut out of a picture, or why nothing is: around its annotations, or else where there is detail."""
    if isinstance(regions, Fault):
        return regions
    most, key = settings.patches_per_image, (settings.seed, digest)
    if regions is None:
        places = cut_patches(rgb, size=settings.size, most=most, scales=settings.scales, key=key)
        return places or Fault("flat", f"no patch of {settings.size} pixels in it shows any detail")
    sides = {"size": settings.size, "original_size": settings.original_size}
    largest = settings.censor.largest_share if settings.censor is not None else 1.0
    left_out = Counter() if left_out is None else left_out
    try:
        annotated = cut_annotated(rgb, regions, **sides, largest_share=largest, name=source.name, left_out=left_out)
    except (ValueError, OSError) as error:
        return Fault("wrong annotation", str(error))
    if len(annotated) > most:
        left_out[f"lie in patches beyond the {most} that a picture gives"] += len(annotated) - most
    if not annotated:
        counted = ", ".join(f"{count} {why}" for why, count in left_out.items())
        return Fault("not annotated", f"none of its {len(regions)} annotated regions gives a patch: {counted}")
    return annotated[:most]


def _shown(
    regions: Sequence[AnnotatedRegion] | None, data: bytes, rgb: np.ndarray, settings: DatasetSettings
) -> Sequence[AnnotatedRegion] | Fault | None:
    """Return regions as they lie on the picture that is shown, or why that cannot be known."""
    if regions is None or settings.annotations is None:
        return regions
    try:
        return as_shown(regions, exif_orientation(data), (rgb.shape[0], rgb.shape[1]), settings.annotations.frame)
    except ValueError as error:
        return Fault("wrong annotation", str(error))


def _without_name(detail: str, name: str) -> str:
    """Return a reason without the name that it begins with: it stands beside the name everywhere."""
    return detail.removeprefix(name).lstrip(" :") or detail


def _stage(place: CutPatch | AnnotatedPatch, path: Path) -> StagedPatch:
    """Write a patch as a lossless PNG, and its mask beside it, and return its entry."""
    values = place.pixels.reshape(-1, 3).astype(np.int64)
    patch = StagedPatch(
        path.name,
        place.box,
        place.scale,
        _save(place.pixels, path),
        tuple(values.sum(axis=0).tolist()),
        tuple((values**2).sum(axis=0).tolist()),
    )
    if isinstance(place, CutPatch):
        return patch
    share = round(float(place.mask.mean()), 6)
    return patch._replace(share=share, mask=_save(place.mask * np.uint8(255), mask_beside(path)), labels=place.labels)


def mask_beside(path: Path) -> Path:
    """Return where the mask of a staged patch lies."""
    return path.with_name(f"{path.stem}.mask.png")


def _save(pixels: np.ndarray, path: Path) -> str:
    """Write a lossless PNG and return its checksum."""
    Image.fromarray(pixels).save(path, compress_level=PNG_COMPRESSION)
    return hashlib.sha256(path.read_bytes()).hexdigest()
