"""Many files: several at once, over the ranks of torchrun, and one bad file never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import torch

from inpaint import distributed
from inpaint.detection.colour import GREEN
from inpaint.folder.job import Job, Planned, check, planned
from inpaint.folder.outcome import Outcome
from inpaint.folder.restore import restore_file
from inpaint.restoring.repair import Restores

PATIENCE = timedelta(days=30)  # that a rank waits for the others' pictures
FEW = 4  # files for each network at once; of fewer, the last would too long be alone


def decensor(
    source: Path | str,
    output: Path | str,
    *,
    restorer: Restores,
    original: Path | str | None = None,
    masks: Path | str | None = None,
    censor: str = "marked",
    colour: tuple[int, int, int] = GREEN,
    tolerance: int = 0,
    variations: int = 1,
    block: tuple[int, int] | None = None,
    grow: int = 0,
    best: bool = False,
    existing: str = "overwrite",
    on_empty: str = "error",
    jobs: int = 1,
    dry_run: bool = False,
    thumbnails: bool = False,
    keep_times: bool = False,
    progress: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Restore the marked places of a picture, or of all pictures of a folder and its subfolders, into a folder.

    Marked is what is painted in the colour, or, with masks (one file for all, or a folder with the same stems or
    `STEM_mask`), what a mask file says.  original: a folder of unpainted pictures, or one such file; their pixels are
    restored instead of the painted ones, unless the censor is "bar". censor: "marked" decides by the pixels of each
    region whether it is a mosaic or a bar; "auto" does so too, and where nothing is marked it restores what
    `inpaint.detection.censored` finds; "bar" and "mosaic" do not decide. A single picture may also be written to an
    output that is itself named like a picture. grow: restore holes so many px further than they are marked. best:
    number variations by how little they miss of the mosaic's cells, 0 = least. existing: "skip" leaves files alone
    whose outputs exist, which goes on with a batch that was stopped, for no output is ever half written. on_empty: what
    becomes of a picture without marks: "error", "copy" or "skip". jobs: how many files are worked on at once; on a CPU
    all but one of them share torch's threads for their networks, a graphics card has one picture at a time.
    dry_run: draw what was found over each picture instead of restoring.  thumbnails: keep them in the outcomes.
    keep_times: outputs get the times of access and change of the files that they came from.  progress gets every
    outcome, the number of files done and of all.
    Under torchrun every rank restores its share, and all of them return all outcomes.
    Raises ValueError or FileNotFoundError for what concerns the whole batch; what concerns one file is the error in
    its outcome.
    """
    distributed.join(PATIENCE)
    unpainted, marks = (None if path is None else Path(path) for path in (original, masks))
    job = Job(
        Path(source),
        Path(output),
        restorer,
        original=unpainted,
        masks=marks,
        censor=censor,
        colour=colour,
        tolerance=tolerance,
        variations=variations,
        block=block,
        grow=grow,
        best=best,
        existing=existing,
        on_empty=on_empty,
        jobs=jobs,
        dry_run=dry_run,
        thumbnails=thumbnails,
        keep_times=keep_times,
    )
    check(job)
    plan = planned(job)
    mine = plan[distributed.rank() :: distributed.world_size()]
    outcomes = []
    for outcome in worked_on(mine, job):
        outcomes.append(outcome)
        if progress:
            progress(outcome, len(outcomes), len(mine))
    return interleaved(distributed.gathered(outcomes))


def worked_on(plan: Sequence[Planned], job: Job) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the plan.  On Ctrl-C what is being written is finished, and no more begun."""
    threads = torch.get_num_threads()
    begin = partial(begin_thread, share_of(threads, job.jobs, len(plan)))
    with ThreadPoolExecutor(job.jobs, initializer=begin) as pool:
        try:
            yield from pool.map(partial(restore_file, job=job), plan)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(threads)


def begin_thread(share: int) -> None:
    """Prepare a thread that works on files to compute with so many threads of torch."""
    torch.set_flush_denormal(True)
    torch.set_num_threads(share)


def share_of(threads: int, jobs: int, files: int) -> int:
    """Return how many of torch's threads each job computes with.

    Several networks side by side, each with few threads, are faster than one after the other with all of them.  One job
    fewer computes than there are, for one reads and writes meanwhile; a few files are not enough to gain from it.
    """
    at_once = max(1, min(jobs - 1, files // FEW))
    return -(-threads // at_once)


def interleaved(shares: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """Bring the outcomes of all ranks into the order of the plan."""
    longest = max(map(len, shares))
    return [share[place] for place in range(longest) for share in shares if place < len(share)]
