"""Restores what was uploaded: bytes in, bytes out, through the same functions as a folder of pictures on a disk.

Everything lies in a temporary folder that is gone when the answer is made, so no picture outlives its request.
"""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from inpaint import images
from inpaint.folder import DecensorOptions, Outcome, Restores, decensor
from inpaint.images.content import format_in

PAINT_OPTIONS = {"colour", "tolerance"}  # options that mean nothing where masks mark
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
    data: bytes
    outcome: Outcome


def restore_one(
    name: str, picture: bytes, mask: bytes, *, restorer: Restores, options: DecensorOptions, limits: Limits
) -> Restored:
    """Restore one picture where its mask is white; of several variations the first is returned.

    Raises ValueError in a sentence for what cannot be restored.
    """
    form = check_picture(name, picture, limits)
    check_picture("the mask", mask, limits)
    with tempfile.TemporaryDirectory(prefix="inpaint-") as made:
        folder = Path(made)
        source, marks = folder / "input" / file_name(name, form), folder / "mask.png"
        source.parent.mkdir()
        source.write_bytes(picture)
        marks.write_bytes(mask)
        (outcome,) = decensor(
            source,
            folder / "output",
            restorer=restorer,
            masks=marks,
            **options.model_dump(exclude=PAINT_OPTIONS),
        )
        outcome = without_folder(outcome, folder)
        if outcome.error:
            raise ValueError(outcome.error)
        if not outcome.outputs:
            raise ValueError(f"{name} is left as it is: {outcome.note}")
        written = outcome.outputs[0]
        shown = written.name if options.dry_run else source.name
        return Restored(shown, images.format_of(written), (folder / "output" / written).read_bytes(), outcome)


def without_folder(outcome: Outcome, folder: Path) -> Outcome:
    """Return an outcome whose paths and sentences do not tell of the temporary folder."""
    error, note = (None if text is None else without_path(text, folder) for text in (outcome.error, outcome.note))
    outputs = [path.relative_to(folder / "output") for path in outcome.outputs]
    return outcome._replace(path=outcome.path.relative_to(folder / "input"), outputs=outputs, error=error, note=note)


def without_path(text: str, folder: Path) -> str:
    """Return a sentence without the temporary folder."""
    for part, name in (("input/", ""), ("output/", ""), ("input", "the batch"), ("", "")):
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
    return path.stem + next(suffix for suffix in images.SUFFIXES if images.format_of(f"a{suffix}") == form)


def plain_name(part: str) -> str:
    """Return one part of a path as a name that every file system takes, and that hides nothing."""
    part = "".join("_" if letter in '<>:"|?*/\\' or not letter.isprintable() else letter for letter in part)
    stem, dot, suffix = part.lstrip(". ").rpartition(".")
    return (stem[:NAME_LENGTH] + dot + suffix[:10]) or "picture"
