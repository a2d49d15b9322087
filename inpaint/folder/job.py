"""What a batch is: which files, how they are restored, and where each of them goes, known before any is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inpaint import images
from inpaint.detection.colour import GREEN
from inpaint.files import real, refuse_long_name
from inpaint.folder.given_inputs import drawn_among, input_files
from inpaint.folder.options import DecensorOptions
from inpaint.folder.pairs import NothingMarked, mask_name, masks_among, masks_for, original_of
from inpaint.restoring.repair import Restores


class Job(NamedTuple):
    """How the pictures of one batch are restored; see `inpaint.folder.decensor`."""

    source: Path
    output: Path
    restorer: Restores
    original: Path | None
    masks: Path | None
    options: DecensorOptions
    jobs: int
    thumbnails: bool
    frame_progress: Callable[[Path, int, int], None] | None = None  # a file, its frames done and all of them
    part_progress: Callable[[Path, int, int], None] | None = None  # a file, its parts searched and all of them


class Planned(NamedTuple):
    """A result of the batch: a file, what it is read with, and what is written; or why it cannot be."""

    file: Path
    original: Path | None = None
    masks: tuple[Path, ...] = ()  # whose union is restored
    targets: tuple[Path, ...] = ()
    error: str | None = None
    unmarked: str | None = None  # why nothing can be marked in it
    inputs: tuple[tuple[str, Path], ...] = ()  # what somebody drew for the network, by the input's name


def check_job(job: Job) -> None:
    """Refuse, in one sentence, a batch that cannot be restored: folders and files that do not fit together."""
    options = job.options
    if job.jobs < 1:
        raise ValueError(f"jobs is {job.jobs}, but at least 1 picture must be worked on at once")
    if job.original is not None and job.masks is not None:
        raise ValueError("give either originals or masks: with masks the pixels come from the pictures themselves")
    if job.masks is not None and (options.tolerance or options.colour != GREEN):
        raise ValueError("masks say what is restored, so a colour or a tolerance of paint means nothing: leave it out")
    if job.masks is not None and options.mark != "paint":
        raise ValueError("masks say what is restored, so transparency marks nothing: leave out --mark or --mask")
    if job.masks is None and (options.invert_mask or options.mask_threshold is not None):
        raise ValueError("there are no mask files to invert or to compare with a threshold: give them with --mask")
    for name, path in (("originals", job.original), ("masks", job.masks)):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"the {name} {path} do not exist: give a file or a folder")
        if path is not None and path.is_file() and name == "originals" and job.source.is_dir():
            raise ValueError(f"the originals {path} are one file, but {job.source} is a folder: give a folder")
    if job.output.is_file() and not names_output(job):
        raise ValueError(f"the output {job.output} is a file, but must be a folder")


def plan_files(job: Job) -> list[Planned]:
    """Say what becomes of every file of the batch; the first file with a claim to a name gets it."""
    files = pictures_of(job)
    taken = {real(file) for file in files}
    plan = []
    for file in files:
        try:
            results = plan_file(file, job)
        except (ValueError, OSError) as error:
            results = [Planned(file, error=str(error))]
        for one in results:
            one = with_input_files(one, job.masks)
            try:
                refuse_to_overwrite(one, taken)
            except ValueError as error:
                one = Planned(file, error=str(error))
            taken |= {real(target) for target in one.targets}
            plan.append(one)
    return plan


def plan_file(file: Path, job: Job) -> list[Planned]:
    """Find what a file is read with, and name its outputs.  Raises ValueError where its original is missing."""
    subfolder = file.relative_to(job.source if job.source.is_dir() else file.parent).parent
    if job.masks is not None:
        return plan_masks(file, job, subfolder)
    wanted = job.original if job.options.censor != "hole" else None
    original = None if wanted is None else original_of(file, wanted, subfolder)
    return [Planned(file, original, (), targets_of(file, (original or file).suffix, job))]


def plan_masks(file: Path, job: Job, subfolder: Path) -> list[Planned]:
    """Find the masks of a file: each makes a result of its own, with the mask's number, or all of them make one."""
    assert job.masks is not None
    plain = targets_of(file, file.suffix, job)
    try:
        masks = masks_for(file, job.masks, subfolder)
    except NothingMarked as error:
        name, beside = mask_name(file.stem), job.masks.resolve() == file.parent.resolve()
        orphan = f"{file} is named like a mask, but no picture {name and name.picture}.* lies beside it"
        return [Planned(file, targets=plain, unmarked=orphan if name and beside else str(error))]
    if len(masks) == 1 or job.options.several_masks == "union":
        return [Planned(file, None, tuple(masks), plain)]
    names = [mask_name(mask.stem) for mask in masks]
    numbers = ["" if name is None else name.number for name in names]
    return [
        Planned(file, None, (mask,), targets_of(file, file.suffix, job, number))
        for mask, number in zip(masks, numbers, strict=True)
    ]


def with_input_files(one: Planned, masks: Path | None) -> Planned:
    """Find what somebody drew for a file, beside its mask or else beside itself."""
    folders = [mask.parent for mask in one.masks] or [masks if masks and masks.is_dir() else one.file.parent]
    return one._replace(inputs=tuple(input_files(one.file, [*folders, one.file.parent]).items()))


def pictures_of(job: Job) -> list[Path]:
    """List the pictures to restore, without what lies in the other folders of the batch, or is a mask beside them."""
    files, root = images.find(job.source), job.source.resolve()
    folders = (path.resolve() for path in (job.output, job.original, job.masks) if path is not None)
    others = {path for path in folders if root in path.parents}
    files = [file for file in files if others.isdisjoint([real(file), *real(file).parents])]
    if job.masks is not None and job.masks.resolve() == root:
        masks = masks_among(files)
        files = [file for file in files if file not in masks]
    drawn = drawn_among(files, getattr(job.restorer, "given_names", ()))
    files = [file for file in files if file not in drawn]
    if job.options.skip_existing and job.output.resolve() == root:
        files = without_results(files, job)
    if not files:
        raise ValueError(f"{job.source} holds no pictures to restore: names end with {', '.join(images.SUFFIXES)}")
    return files


def without_results(files: list[Path], job: Job) -> list[Path]:
    """Leave out what an earlier run of this batch has written beside its pictures."""
    suffixes = {file.suffix for file in files}
    results = {target for file in files for suffix in suffixes for target in targets_of(file, suffix, job)}
    return [file for file in files if file not in results or file in targets_of(file, file.suffix, job)]


def targets_of(file: Path, suffix: str, job: Job, mask_number: str = "") -> tuple[Path, ...]:
    """Name the outputs of a file: numbered as DeepCreamPy does, unless there is one and it has a name of its own."""
    if names_output(job):
        plain = job.output
    else:
        root = job.source if job.source.is_dir() else job.source.parent
        plain = job.output / file.relative_to(root).parent / f"{file.stem}{suffix}"
    if mask_number:
        plain = plain.with_name(f"{plain.stem}_{mask_number}{plain.suffix}")
    if job.options.dry_run:
        return (plain.with_name(f"{plain.stem} overlay.png"),)
    if job.options.variations == 1 and (names_output(job) or job.masks is not None):
        return (plain,)
    return tuple(plain.with_name(f"{plain.stem} {number}{plain.suffix}") for number in range(job.options.variations))


def names_output(job: Job) -> bool:
    """Tell whether the output is the name of the one restored picture, not a folder."""
    return not job.source.is_dir() and job.output.suffix.lower() in images.SUFFIXES and not job.output.is_dir()


def refuse_to_overwrite(one: Planned, taken: set[Path]) -> None:
    """Raise ValueError where an output would replace a file of this batch, or has too long a name."""
    drawn = [path for _, path in one.inputs]
    reads = {real(path) for path in (one.original, *one.masks, *drawn) if path is not None}
    for target in one.targets:
        refuse_long_name(target)
        if real(target) in taken | reads:
            raise ValueError(f"{target} belongs to this batch and would be overwritten: choose another output folder")
