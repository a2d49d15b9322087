"""Restores what was uploaded: bytes in, bytes out, through the same functions as a folder of pictures on a disk.

Everything lies in a temporary folder that is gone when the answer is made, so no picture outlives its request.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from inpaint import images
from inpaint.folder import DecensorOptions, Outcome, Restores, decensor
from inpaint.images.content import format_in

PAINT_OPTIONS = {"colour", "tolerance", "mark"}  # options that mean nothing where masks mark
MASK_OPTIONS = {"invert_mask", "mask_threshold", "several_masks"}  # and where none do
SUFFIX_OF = {images.format_of(f"a{suffix}"): suffix for suffix in reversed(images.SUFFIXES)}
NAME_LENGTH = 50  # letters kept of an uploaded file's name; file systems take 255 bytes


class Limits(NamedTuple):
    """What one request may hold."""

    bytes: int = 200_000_000  # of the request
    pixels: int = 120_000_000  # of one picture
    files: int = 2000  # in a batch


DEFAULT_LIMITS = Limits()


class Restored(NamedTuple):
    """A restored picture as a file."""

    name: str
    form: str  # PNG, JPEG, ...
    variations: list[bytes]  # the picture, in as many versions as were asked for
    outcome: Outcome


def restore_one(
    name: str,
    picture: bytes,
    masks: Sequence[bytes],
    *,
    restorer: Restores,
    options: DecensorOptions,
    limits: Limits,
    progress: Callable[[int, int], None] | None = None,
    inputs: Mapping[str, bytes] | None = None,
) -> Restored:
    """Restore one picture where its masks are white, or without any where it is transparent, if that shall mark.

    progress: gets how many frames of an animation, or parts of a large picture, are done, and how many there are.
    inputs: files that were drawn for the network, such as a sketch.
    Raises ValueError in a sentence for what cannot be restored.
    """
    check_masks(masks, options)
    form = check_picture(name, picture, limits)
    for what, data in [*(("mask", mask) for mask in masks), *(inputs or {}).items()]:
        check_picture(f"the {what}", data, limits)
    with tempfile.TemporaryDirectory(prefix="inpaint-") as made:
        folder = Path(made)
        source = folder / "input" / file_name(name, form)
        source.parent.mkdir()
        source.write_bytes(picture)
        marks = lay_out_masks(masks, source.stem, folder / "masks") if masks else None
        for what, data in (inputs or {}).items():
            drawn = f"{source.stem}_{what}{SUFFIX_OF[format_in(Path(what), data)]}"
            (source.parent / drawn).write_bytes(data)
        told = None if progress is None else lambda _, done, total: progress(done, total)
        (outcome,) = decensor(
            source,
            folder / "output",
            restorer=restorer,
            masks=marks,
            frame_progress=told,
            part_progress=told,
            **options.model_dump(exclude=PAINT_OPTIONS if masks else MASK_OPTIONS),
        )
        outcome = without_folder(outcome, folder)
        if outcome.error:
            raise ValueError(outcome.error)
        if not outcome.outputs:
            raise ValueError(f"{name} is left as it is: {outcome.note}")
        written = outcome.outputs[0]
        shown = written.name if options.dry_run else source.name
        variations = [(folder / "output" / path).read_bytes() for path in outcome.outputs]
        return Restored(shown, images.format_of(written), variations, outcome)


def check_masks(masks: Sequence[bytes], options: DecensorOptions) -> None:
    """Raise ValueError where a request has no mask, or more than one answer can be made of."""
    if not masks and options.mark != "alpha" and options.outpaint is None:
        raise ValueError("the request has no mask: send a picture of the same size, white where to restore")
    if masks and options.mark == "alpha":
        raise ValueError("the request has a mask, so transparency marks nothing: leave out mark or mask")
    if len(masks) > 1 and options.several_masks != "union":
        raise ValueError(
            f"the request has {len(masks)} masks, but one picture is answered: send several_masks=union, or each alone"
        )


def lay_out_masks(masks: Sequence[bytes], stem: str, folder: Path) -> Path:
    """Write masks as files that belong to a picture of this stem, and return their folder."""
    folder.mkdir()
    for number, mask in enumerate(masks):
        name = f"{stem}_mask{number or ''}{SUFFIX_OF[format_in(Path('the mask'), mask)]}"
        (folder / name).write_bytes(mask)
    return folder


def without_folder(outcome: Outcome, folder: Path) -> Outcome:
    """Return an outcome whose paths and sentences do not tell of the temporary folder."""
    error, note = (None if text is None else without_path(text, folder) for text in (outcome.error, outcome.note))
    outputs = [path.relative_to(folder / "output") for path in outcome.outputs]
    return outcome._replace(path=outcome.path.relative_to(folder / "input"), outputs=outputs, error=error, note=note)


def without_path(text: str, folder: Path) -> str:
    """Return a sentence without the temporary folder."""
    for part in ("input/", "output/", "masks/"):
        text = text.replace(f"{folder}/{part}", "")
    for part, name in (("masks", "the request"), ("input", "the batch"), ("", "")):
        text = text.replace(f"{folder}/{part}", name)
    return text


def check_picture(name: str, data: bytes, limits: Limits) -> str:
    """Return the format that a file's first bytes tell; ValueError for what is no picture, or too large a one."""
    form = format_in(Path(name), data)
    height, width = images.stored_size(name, data)
    if width * height > limits.pixels:
        raise ValueError(f"{name} has {width} x {height} pixels, more than the limit of {limits.pixels}")
    return form


def file_name(name: str, form: str) -> str:
    """Return a name without folders whose suffix says this format."""
    path = PurePosixPath(plain_name(PurePosixPath(name.replace("\\", "/")).name))
    if path.suffix.lower() in images.SUFFIXES and images.format_of(path.name) == form:
        return path.name
    return path.stem + SUFFIX_OF[form]


def plain_name(part: str) -> str:
    """Return one part of a path as a name that every file system takes, and that hides nothing."""
    part = "".join("_" if letter in '<>:"|?*/\\' or not letter.isprintable() else letter for letter in part)
    stem, dot, suffix = part.lstrip(". ").rpartition(".")
    return (stem[:NAME_LENGTH] + dot + suffix[:10]) or "picture"
