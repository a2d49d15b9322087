"""Many files: several at once, over the ranks of torchrun, and one bad file never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from inspect import Parameter
from pathlib import Path
from typing import Any

import torch

from inpaint import distributed
from inpaint.folder.file_outcome import Outcome
from inpaint.folder.job import Job, Planned, check_job, plan_files
from inpaint.folder.options import FIELDS, options_from, show_options
from inpaint.folder.passes import restorer_with
from inpaint.folder.restore import restore_file
from inpaint.interrupt import stop_of_thread, until
from inpaint.restoring.repair import Restores

RANK_PATIENCE = timedelta(days=30)  # that a rank waits for the others' pictures
FILES_FOR_A_NETWORK = 4  # files for each network at once; of fewer, the last would too long be alone


def decensor(
    source: Path | str,
    output: Path | str,
    *,
    restorer: Restores,
    original: Path | str | None = None,
    masks: Path | str | None = None,
    jobs: int = 1,
    thumbnails: bool = False,
    progress: Callable[[Outcome, int, int], None] | None = None,
    frame_progress: Callable[[Path, int, int], None] | None = None,
    part_progress: Callable[[Path, int, int], None] | None = None,
    **options: Any,
) -> list[Outcome]:
    """Restore the marked places of a picture, or of all pictures of a folder and its subfolders, into a folder.

    Marked is what is painted in a colour, or, with masks (one file for all, or a folder with the same stems or
    `STEM_mask`), what a mask file says.  original: a folder of unpainted pictures, or one such file; their pixels are
    restored instead of the painted ones, unless the censor is "hole".  A single picture may also be written to an
    output that is itself named like a picture.  jobs: how many files are worked on at once; on a CPU all but one of
    them share torch's threads for their networks, a graphics card has one picture at a time.  thumbnails: keep them in
    the outcomes.  progress gets every outcome, the number of files done and of all;
    frame_progress, from the threads that work, an animated file, the number of its frames done and of all;
    part_progress a file, the number of its parts (or frames) that were searched for what is censored, and of all.
    options: the fields of `inpaint.folder.options.DecensorOptions`, which says what each does.
    Under torchrun every rank restores its share, and all of them return all outcomes.
    Raises ValueError or FileNotFoundError for what concerns the whole batch; what concerns one file is the error in
    its outcome.

    >>> import tempfile, torch, inpaint
    >>> from inpaint import images
    >>> folder = Path(tempfile.mkdtemp())
    >>> painted = torch.full((3, 48, 64), 0.5)
    >>> painted[:, 20:30, 20:40] = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    >>> _ = images.write(images.from_array(painted), folder / "painted" / "a.png")
    >>> restorer = inpaint.load("default", device="cpu")
    >>> (outcome,) = inpaint.decensor(folder / "painted", folder / "restored", restorer=restorer, feather=2)
    >>> outcome.status, outcome.censor, outcome.regions, outcome.outputs[0].name
    ('restored', 'hole', 1, 'a 0.png')
    """
    distributed.join(RANK_PATIENCE)
    unpainted, marks = (None if path is None else Path(path) for path in (original, masks))
    chosen = options_from(options)
    restorer = restorer_with(restorer, chosen)
    told = frame_progress, part_progress
    job = Job(Path(source), Path(output), restorer, unpainted, marks, chosen, jobs, thumbnails, *told)
    check_job(job)
    plan = plan_files(job)
    mine = plan[distributed.rank() :: distributed.world_size()]
    outcomes = []
    with closing(restored_files(mine, job)) as restored:
        for outcome in restored:
            outcomes.append(outcome)
            if progress:
                progress(outcome, len(outcomes), len(mine))
    return in_plan_order(distributed.gathered(outcomes))


OPTION_KEYWORDS = [
    Parameter(name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.annotation)
    for name, field in FIELDS.items()
]
show_options(decensor, OPTION_KEYWORDS)


def restored_files(plan: Sequence[Planned], job: Job) -> Generator[Outcome, None, None]:
    """Yield the outcomes in the order of the plan.  On Ctrl-C what is being worked on is left, and no more begun."""
    threads, stop = torch.get_num_threads(), stop_of_thread()
    begin = partial(begin_thread, share_of(threads, job.jobs, len(plan)))

    def restore_until_stopped(one: Planned) -> Outcome:
        with until(stop):
            return restore_file(one, job)

    with ThreadPoolExecutor(job.jobs, initializer=begin) as pool:
        try:
            yield from pool.map(restore_until_stopped, plan)
        except BaseException:
            stop.set()
            raise
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
    at_once = max(1, min(jobs - 1, files // FILES_FOR_A_NETWORK))
    return -(-threads // at_once)


def in_plan_order(shares: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """Bring the outcomes of all ranks into the order of the plan."""
    longest = max(map(len, shares))
    return [share[place] for place in range(longest) for share in shares if place < len(share)]
