"""Build a dataset from pictures: collect, clean, group, split, cut, and say what happened.

    DATASET/{train,val,test}/STEM-HASH_N.png   patches, lossless
    DATASET/manifest.jsonl                     one line per patch: file, source, group, split, box, scale, sha256, ...
    DATASET/rejected.jsonl                     one line per rejected picture: source, rule, detail
    DATASET/dataset.json                       parameters, counts, mean and standard deviation
    DATASET/contact.png                        what each split looks like
    DATASET/report.html, stats.json            the same at length: rules with examples, licences, sizes, ...

The same pictures and settings give the same bytes for any number of processes, also when a build was killed and begun
again.  Of near-duplicates the best is kept; what shows the same (cropped, mirrored, turned, captioned, by day and by
night) is kept in one group, and a group lies in one split.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import cv2

from inpaint.builders.annotations import AnnotatedRegion, Lookup, read_annotations
from inpaint.builders.examining.clean import Fault
from inpaint.builders.examining.examine import examine_picture
from inpaint.builders.examining.lettering import text_reader
from inpaint.builders.inspection.second_look import straddling_pairs
from inpaint.builders.likeness.earlier import EarlierDataset, moved_since
from inpaint.builders.likeness.judge import judge_pictures
from inpaint.builders.report.build_report import DatasetReport, empty_splits, report_of
from inpaint.builders.settings import DatasetSettings, parse_settings, settings_to_tree
from inpaint.builders.sources.collect import collect
from inpaint.builders.sources.download import Manners, download
from inpaint.builders.sources.download_count import DownloadCount
from inpaint.builders.sources.other_files import OtherFiles
from inpaint.builders.sources.source import SourcePicture
from inpaint.builders.work.records import Finding, text_from_bytes
from inpaint.builders.work.store import Store, batches
from inpaint.builders.work.work_folder import clear_store, finish_dataset, open_store, staging_folder
from inpaint.builders.writing.write import write_dataset
from inpaint.version import __version__

PICTURES_IN_CHUNK = 8  # pictures that a process examines at once, and that are committed together
CHUNKS_AHEAD = 4  # chunks per process that wait: bounds the memory
DEEPER_OPTIONS = {"min_side": "clean", "group_by": "group"}  # options that lie deeper in the settings

Progress = Callable[[int, int], None]  # (done, total)
Task = tuple[int, SourcePicture, list[AnnotatedRegion] | Fault | None]  # number, picture, what is annotated in it


def build_dataset(
    sources: Sequence[Path],
    output: Path,
    *,
    settings: DatasetSettings | None = None,
    processes: int = 1,
    restart: bool = False,
    progress: Progress | None = None,
    downloaded: Progress | None = None,
    **options: Any,
) -> DatasetReport:
    """Build a dataset in the folder `output`, which appears only when it is complete.

    options: keys of the settings, such as size=128 or splits=(0.8, 0.1, 0.1), and min_side and group_by for those in
    `clean` and `group`; they count more than `settings`.  restart: throw away what an unfinished build left behind,
    from which the same command goes on otherwise.  progress and downloaded are called with (done, total) pictures.
    Raises ValueError for a wrong option, an output that holds files, an unfinished build by another command, or when
    no picture is kept or a split stays empty.
    """
    settings = with_options(settings or DatasetSettings(), options)
    if processes < 1:
        raise ValueError(f"processes is {processes}; at least 1 is needed")
    if settings.censor is not None:
        from inpaint.builders.writing.bake import censoring_of

        censoring_of(settings)  # says what is wrong with it before the pictures are read
    if settings.clean.text is not None or settings.clean.watermark:
        text_reader()
    annotations = (
        None
        if settings.annotations is None
        else read_annotations(settings.annotations.path, settings.annotations.format)
    )
    earlier = None if settings.splits_from is None else EarlierDataset(Path(settings.splits_from))
    output = Path(output)
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(f"{output} already exists and is not an empty folder: choose a new one or remove it first")
    paths = [Path(source) for source in sources]
    others, downloads = OtherFiles(), DownloadCount(downloaded)
    pictures = collect_for(paths, output, settings, others, downloads)
    begun = {"version": __version__, "sources": [str(path.resolve()) for path in paths]}
    if annotations is not None:
        begun["content of the annotations"] = hashlib.sha256(
            repr(sorted(annotations.regions.items())).encode()
        ).hexdigest()
    tree = settings_to_tree(settings)
    tree["download"] = {"longest_side": settings.download.longest_side}  # how it is asked for changes nothing
    store = open_store(output, begun | tree, restart=restart)
    try:
        store.list_sources(pictures)
        if lost := downloads.too_many_lost(settings.download.most_lost):
            first = store.database.execute("SELECT problem FROM sources WHERE length(problem) > 0 LIMIT 1").fetchone()
            clear_store(store)
            raise ValueError(f"{lost}; the first fault: {text_from_bytes(first[0])}")
        if not store.count("sources"):
            clear_store(store)
            raise ValueError(f"no pictures in {', '.join(map(str, paths))}{others.sentence()}")
        lookup = None if annotations is None else Lookup(annotations.regions)
        work = _tasks(store, lookup, () if settings.annotations is None else settings.annotations.classes)
        _examine_all(store, work, settings, processes, progress)
        notes = judge_pictures(store, settings, earlier)
        if earlier is None:
            notes += moved_since(store, output)
        notes += others.notes()
        if annotations is not None and lookup is not None:
            notes += [f"Read: {annotations.sentence()}.", *lookup.said(store.names())]
            notes += [f"{count} annotated regions {why}." for why, count in store.left_out().items()]
        report = report_of(store, list(straddling_pairs(store)), notes)
        fault = empty_splits(report, settings)
        if fault:
            clear_store(store)
            raise ValueError(f"{fault}, so no dataset was written to {output}\n\n{report.table()}")
        finish_dataset(store, write_dataset(store, report, settings), output)
    finally:
        store.close()
    return report


def collect_for(
    paths: Sequence[Path], output: Path, settings: DatasetSettings, others: OtherFiles, downloads: DownloadCount
) -> Iterator[SourcePicture]:
    """Yield the pictures of the sources, downloaded as the settings ask."""
    chosen = settings.download
    manners = Manners(contact=chosen.contact, interval=chosen.interval, longest_side=chosen.longest_side)
    cache = None if chosen.cache is None else Path(chosen.cache)
    downloader = partial(download, threads=chosen.parallel, manners=manners)
    return collect(paths, output, cache=cache, downloader=downloader, others=others, downloads=downloads)


def with_options(settings: DatasetSettings, options: dict[str, Any]) -> DatasetSettings:
    """Return the settings with some keys replaced; ValueError for a key or value that is wrong."""
    tree = settings_to_tree(settings)
    for name, value in options.items():
        if name in DEEPER_OPTIONS:
            tree[DEEPER_OPTIONS[name]][name.removeprefix("group_")] = value
        else:
            tree[name] = value
    return parse_settings(tree, "build_dataset")


def _tasks(store: Store, lookup: Lookup | None, classes: Sequence[str]) -> Iterator[list[Task]]:
    """Yield what was not examined yet, in chunks, with what is annotated."""
    for chunk in batches(store.pending(), PICTURES_IN_CHUNK):
        yield [
            (number, source, None if lookup is None else _regions(source, lookup, classes)) for number, source in chunk
        ]


def _regions(source: SourcePicture, lookup: Lookup, classes: Sequence[str]) -> list[AnnotatedRegion] | Fault:
    try:
        regions = lookup.regions(source.name)
    except ValueError as error:
        return Fault("wrong annotation", str(error))
    if not regions:
        why = "no annotation names it" if regions is None else "its annotation holds no region"
        return Fault("not annotated", why)
    chosen = [region for region in regions if not classes or region.label in classes]
    labels = sorted({region.label for region in regions})
    return chosen or Fault("not annotated", f"it has none of the classes {', '.join(classes)}, but {', '.join(labels)}")


def _examine_all(
    store: Store, work: Iterator[list[Task]], settings: DatasetSettings, processes: int, progress: Progress | None
) -> None:
    """Examine all tasks, in this process or in several, and commit every chunk."""
    total, done = store.count("sources"), store.count("findings")
    found = _here(work, settings, store.folder) if processes == 1 else _there(work, settings, store.folder, processes)
    for findings in found:
        store.add(findings)
        for _ in findings:
            done += 1
            if progress is not None:
                progress(done, total)


def _here(work: Iterable[list[Task]], settings: DatasetSettings, folder: Path) -> Iterator[list[tuple[int, Finding]]]:
    return (_examine_some(tasks, settings, folder) for tasks in work)


def _there(
    work: Iterator[list[Task]], settings: DatasetSettings, folder: Path, processes: int
) -> Iterator[list[tuple[int, Finding]]]:
    """Yield findings as they come: the store puts them in order."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin) as pool:
        waiting: set[Future] = set()
        try:
            for tasks in work:
                waiting.add(pool.submit(_examine_some, tasks, settings, folder))
                if len(waiting) >= CHUNKS_AHEAD * processes:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in waiting)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _examine_some(tasks: Sequence[Task], settings: DatasetSettings, folder: Path) -> list[tuple[int, Finding]]:
    return [
        (number, examine_picture(number, source, settings, staging_folder(folder, number), regions))
        for number, source, regions in tasks
    ]


def _begin() -> None:
    """Keep a worker to one thread, for the processes are the parallelism, and end it when its parent was killed."""
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    parent = parent_process()
    assert parent is not None, "a worker has a parent"

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
