"""Many uploaded pictures, or zips of them: laid out as a folder, restored as one, and packed with a report."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from inpaint import images
from inpaint.folder import DecensorOptions, Outcome, Restores, decensor
from inpaint.folder.batch_report import write_outcomes, write_outcomes_page
from inpaint.folder.pairs import masks_among
from inpaint.web.restore_upload import (
    MASK_OPTIONS,
    PAINT_OPTIONS,
    Limits,
    check_picture,
    plain_name,
    without_folder,
    without_path,
)

REPORT_JSON, REPORT_PAGE = "report.json", "report.html"
MOST_SWELLING = 10  # times the bytes of a request that its zips may unpack to


def restore_many(
    files: Iterable[tuple[str, IO[bytes]]],
    answer: IO[bytes],
    *,
    restorer: Restores,
    options: DecensorOptions,
    limits: Limits,
    progress: Callable[[int, int], None],
) -> None:
    """Restore pictures, or zips of them, into a zip with a report; a picture that fails stands there with its reason.

    Where any picture is named NAME_mask like another, masks mark what to restore; otherwise green paint or transparency
    does, and with the censor auto, where there is none, what is found.
    """
    with tempfile.TemporaryDirectory(prefix="inpaint-") as made:
        folder = Path(made)
        source = folder / "input"
        source.mkdir()
        refused = lay_out(files, source, limits)
        outcomes: list[Outcome] = []
        pictures = images.find(source)
        masks = source if options.mark == "paint" and masks_among(pictures) else None
        if pictures:
            try:
                outcomes = decensor(
                    source,
                    folder / "output",
                    restorer=restorer,
                    masks=masks,
                    thumbnails=True,
                    progress=lambda _, done, total: progress(done, total),
                    **options.model_dump(exclude=PAINT_OPTIONS if masks else MASK_OPTIONS),
                )
            except (ValueError, OSError) as error:
                raise ValueError(without_path(str(error), folder)) from error
        pack_answer([without_folder(outcome, folder) for outcome in outcomes + refused], folder, answer)


def lay_out(files: Iterable[tuple[str, IO[bytes]]], folder: Path, limits: Limits) -> list[Outcome]:
    """Write uploaded pictures, and those in zips, into a folder; return why others were refused."""
    refused: dict[PurePosixPath, str] = {}
    room = limits.bytes * MOST_SWELLING
    for count, (path, opened) in enumerate(uploaded_members(files), 1):
        if count > limits.files:
            raise ValueError(f"the batch holds more than {limits.files} files: send fewer at a time")
        place = folder / path
        if place.suffix.lower() not in images.SUFFIXES:
            refused[path] = f"{path} is no picture: names end with {', '.join(images.SUFFIXES)}"
        elif place.exists():
            refused[path] = f"{path} was sent twice: the first one is restored"
        else:
            data = opened.read(room + 1)
            room -= len(data)
            if room < 0:
                raise ValueError(f"the batch unpacks to more than {limits.bytes * MOST_SWELLING} bytes: send less")
            try:
                check_picture(str(path), data, limits)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
            except ValueError as error:
                refused[path] = str(error)
            except OSError as error:  # such as a file where another name has a folder
                refused[path] = f"{path} cannot be written: {error.strerror}"
    return [Outcome(folder / path, [], 0, "", error, 0.0) for path, error in refused.items()]


def uploaded_members(files: Iterable[tuple[str, IO[bytes]]]) -> Iterable[tuple[PurePosixPath, IO[bytes]]]:
    """Yield the files, with zips replaced by what lies in them; no name leads out of the folder it is written to."""
    for name, opened in files:
        if not name.lower().endswith(".zip"):
            yield PurePosixPath(plain_name(PurePosixPath(name.replace("\\", "/")).name)), opened
            continue
        try:
            with seekable(opened) as found, zipfile.ZipFile(found) as archive:
                for entry in archive.infolist():
                    path = PurePosixPath(entry.filename.replace("\\", "/"))
                    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
                        raise ValueError(f"{name} holds the name {entry.filename!r}, which leads out of its folder")
                    if not entry.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in path.parts):
                        with archive.open(entry) as member:
                            yield PurePosixPath(*map(plain_name, path.parts)), member
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
            raise ValueError(f"{name} is a damaged or encrypted zip: {error}") from error


@contextmanager
def seekable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file that tells whether it is seekable, as zipfile asks: uploads of Python 3.10 do not."""
    if hasattr(file, "seekable"):
        yield file
        return
    with tempfile.TemporaryFile() as copied:
        shutil.copyfileobj(file, copied)
        yield copied


def pack_answer(outcomes: Sequence[Outcome], folder: Path, answer: IO[bytes]) -> None:
    """Write the restored pictures into a zip; the report is its first member, stored plainly for the page to read."""
    write_outcomes(outcomes, folder / REPORT_JSON)
    write_outcomes_page(outcomes, folder / REPORT_PAGE, title="Restored pictures")
    with zipfile.ZipFile(answer, "w", zipfile.ZIP_STORED) as archive:
        for name in (REPORT_JSON, REPORT_PAGE):
            archive.write(folder / name, name)
        for outcome in outcomes:
            for path in outcome.outputs:
                archive.write(folder / "output" / path, str(path))
