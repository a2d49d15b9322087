"""Collect the pictures that a dataset is built from, one after another: a million of them need no memory.

A source is a picture, a folder with everything below it, a zip or tar archive (also within a folder), or a manifest of
files and URLs.  A folder's licences.jsonl, manifest.jsonl or manifest.csv tells about the pictures beside and below it.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from inpaint.builders.sources.archives import ARCHIVE_SUFFIXES as ARCHIVES
from inpaint.builders.sources.archives import archive_sources, is_archive
from inpaint.builders.sources.download import Download, Wanted, download
from inpaint.builders.sources.download_count import DownloadCount
from inpaint.builders.sources.manifests import MANIFEST_SUFFIXES as MANIFESTS
from inpaint.builders.sources.manifests import Lender, ManifestRow, manifest_rows
from inpaint.builders.sources.other_files import OtherFiles
from inpaint.builders.sources.source import PICTURE_SUFFIXES, SourcePicture

LENDING = ("licences.jsonl", "manifest.jsonl", "manifest.csv")
Downloader = Callable[[Iterable[Wanted], Path], Iterator[Download]]


def collect(
    sources: Sequence[Path],
    output: Path,
    *,
    cache: Path | None = None,
    downloader: Downloader = download,
    others: OtherFiles | None = None,
    downloads: DownloadCount | None = None,
) -> Iterator[SourcePicture]:
    """Yield every picture of the sources, in no particular order, each name once.

    Names begin with the source's own name, so they stay when another source is added.  cache: a folder for downloads
    and decompressed archives, which must stay as long as the sources are read; default OUTPUT.building.  others: counts
    the files in folders that are no pictures.  downloads: counts what was downloaded and what was not.  What cannot
    be had (not downloaded, encrypted, ...) is yielded too and says so as its problem.  Raises, before anything is
    yielded, FileNotFoundError for a source that does not exist, and ValueError for a file of another kind and where
    the output lies inside a source; while yielding, ValueError for a manifest that cannot be read.
    """
    roots = list(dict.fromkeys(source.resolve() for source in sources))
    for root in roots:
        _check(root, output)
    cache = output.with_name(f"{output.name}.building") if cache is None else cache
    prefixes: dict[str, Path] = {}
    for root in roots:
        if prefixes.setdefault(root.name, root) != root:
            prefixes[root.as_posix().lstrip("/")] = root
    return (
        source
        for prefix, root in prefixes.items()
        if not any(_holds(other, root) for other in roots)
        for source in _of_root(root, prefix, cache, downloader, others or OtherFiles(), downloads or DownloadCount())
    )


def _check(root: Path, output: Path) -> None:
    """Raise for a source that cannot be one."""
    resolved = output.resolve()
    if root == resolved or root in resolved.parents:
        raise ValueError(
            f"the dataset {output} would lie inside its source {root}, and the next build would take its patches "
            "for pictures: choose an output outside"
        )
    if not root.exists():
        raise FileNotFoundError(f"{root} does not exist: give a picture, a folder, an archive or a manifest")
    if root.is_file() and not root.name.lower().endswith((*PICTURE_SUFFIXES, *ARCHIVES, *MANIFESTS)):
        choices = ", ".join((*PICTURE_SUFFIXES, *ARCHIVES, *MANIFESTS))
        raise ValueError(f"{root} is not a picture, an archive or a manifest: its suffix should be one of {choices}")


def _holds(folder: Path, root: Path) -> bool:
    """Say whether walking a folder finds the pictures of another root too."""
    if folder not in root.parents or root.suffix.lower() in MANIFESTS:
        return False
    return not any(part.startswith(".") for part in root.relative_to(folder).parts)


def _of_root(
    root: Path, prefix: str, cache: Path, downloader: Downloader, others: OtherFiles, downloads: DownloadCount
) -> Iterator[SourcePicture]:
    if root.is_dir():
        yield from _of_folder(root, prefix, cache, others)
    elif is_archive(root.name):
        yield from archive_sources(root, prefix, cache)
    elif root.suffix.lower() in MANIFESTS:
        yield from _of_manifest(root, prefix, cache, downloader, downloads)
    else:
        yield SourcePicture(prefix, root)


def _of_folder(root: Path, prefix: str, cache: Path, others: OtherFiles) -> Iterator[SourcePicture]:
    """Yield what lies below a folder; hidden files and links to folders are passed over."""
    lenders: list[Lender] = []  # of the folders above the present one, the nearest last
    for where, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        folder = Path(where)
        lenders = [lender for lender in lenders if lender.folder == folder or lender.folder in folder.parents]
        lenders += [Lender(folder / name) for name in reversed(LENDING) if name in names]
        for name in sorted(name for name in names if not name.startswith(".")):
            path = folder / name
            called = f"{prefix}/{path.relative_to(root).as_posix()}"
            if name.lower().endswith(PICTURE_SUFFIXES):
                facts = next(filter(None, (lender.facts(path) for lender in reversed(lenders))), ())
                yield SourcePicture(called, path, facts=facts)
            elif is_archive(name):
                yield from archive_sources(path, called, cache)
            else:
                others.add(name)


def _of_manifest(
    path: Path, prefix: str, cache: Path, downloader: Downloader, downloads: DownloadCount
) -> Iterator[SourcePicture]:
    """Yield the pictures of a manifest: first those that are here, then those to download."""
    for row in _distinct(row for row in manifest_rows(path) if row.file):
        file = path.parent / row.file
        outside = row.file.startswith(("../", "/"))
        called = file.resolve().as_posix().lstrip("/") if outside else row.file
        yield SourcePicture(f"{prefix}/{called}", file, facts=row.facts)
    waiting: deque[ManifestRow] = deque()

    def wanted() -> Iterator[Wanted]:
        for row in _distinct(row for row in manifest_rows(path) if not row.file):
            waiting.append(row)
            yield Wanted(row.url, dict(row.facts).get("sha256", ""))

    downloads.wanted += sum(1 for _ in _distinct(row for row in manifest_rows(path) if not row.file))
    for outcome in downloader(wanted(), cache / "downloads"):
        row = waiting.popleft()
        downloads.add(lost=bool(outcome.problem))
        yield SourcePicture(f"{prefix}/{outcome.path.name}", outcome.path, facts=row.facts, problem=outcome.problem)


def _distinct(rows: Iterable[ManifestRow]) -> Iterator[ManifestRow]:
    """Yield the first row of every picture, its file's path normal: a manifest of boxes has many."""
    seen: set[int] = set()  # hashes take less room than a million names
    for row in rows:
        if row.file:
            row = row._replace(file=posixpath.normpath(row.file.replace("\\", "/")))
        digest = hashlib.blake2b((row.file or row.url).encode(errors="replace"), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        if number not in seen:
            seen.add(number)
            yield row
