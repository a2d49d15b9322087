"""The samples of a run: what its section `data` names."""

from __future__ import annotations

import hashlib
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from inpaint import distributed
from inpaint.config import Run
from inpaint.contracts import ExtraInput
from inpaint.data.checking import leave_out_faulty, mask_notes, pair_notes
from inpaint.data.crops import FindMask
from inpaint.data.samples import Samples, fixed_samples
from inpaint.data.skipped import some_of
from inpaint.data.sources import Folder, PictureSource, centre_crops, picture_source
from inpaint.degradation.build import degradation_of
from inpaint.degradation.own_masks import MaskFiles
from inpaint.folder.pairs import masks_for
from inpaint.sample import Sample
from inpaint.training.changes import PicturesSeen


def samples_of(run: Run, inputs: Mapping[str, ExtraInput] | None = None, *, drafts: bool = False) -> Samples:
    """Build the endless table of training samples.

    inputs: of the network, beside picture and mask.  drafts: as of Samples.
    """
    with fault_named("data.train"):
        sources = [(it.share, source_of(run, it.path)) for it in run.data.train]
        faults = [
            fault
            for _, source in sources
            if isinstance(source, Folder) and source.paths
            for fault in leave_out_faulty(source, size_of_crop(run), run.data.skip)
        ]
    degradation = degradation_of(run.data.mask, run.data.fill, run.data.realism)
    with fault_named("data.mask"):
        notes = [note for _, it in degradation.masks if isinstance(it, MaskFiles) for note in mask_notes(it)]
    notes += [note for _, source in sources if isinstance(source, Folder) for note in pair_notes(source)]
    for what, told in (("left out of the training", faults), ("masks", notes)):
        if told and distributed.rank() == 0:
            warnings.warn(f"{what}: {some_of(told)}", stacklevel=2)
    crop, distinct = size_of_crop(run), run.data.overfit
    return Samples(sources, degradation, crop=crop, seed=run.seed, inputs=inputs, distinct=distinct, drafts=drafts)


def source_of(run: Run, path: str) -> PictureSource:
    """Build one source of training pictures."""
    return picture_source(path, flip=run.data.flip, shrink=run.data.shrink, mask_of=mask_finder(run, path))


def pictures_seen(samples: Samples) -> list[PicturesSeen]:
    """Return which pictures each source of a table holds."""
    found = []
    for source in samples.sources:
        if not isinstance(source, Folder):
            found.append(PicturesSeen(0, ""))  # drawn, or a single picture
            continue
        paths = source.shards.paths if source.shards else source.paths
        names = "\n".join(os.path.relpath(path, source.folder) for path in paths)
        found.append(PicturesSeen(len(source), hashlib.blake2b(os.fsencode(names), digest_size=8).hexdigest()))
    return found


@contextmanager
def fault_named(key: str) -> Iterator[None]:
    """Let a ValueError begin with the key of the YAML that it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def validation_of(run: Run, inputs: Mapping[str, ExtraInput] | None = None) -> list[Sample]:
    """Cut the centres of the validation pictures and damage each of them in the same way in every run of this seed.

    Where the run overfits, they are the samples that it learns from.
    """
    if run.data.overfit is not None:
        table = samples_of(run, inputs)
        return [table[number].each(lambda part: part[None]) for number in range(run.data.overfit)]
    sources = run.data.validation or tuple(it for it in run.data.train if Path(it.path).is_file())
    if not sources:  # a single picture is all that there is to look at
        return []
    count = run.data.validation_samples
    each = math.ceil(count / len(sources))
    targets = []
    with fault_named("data.validation"):
        targets = [
            crop
            for source in sources
            for crop in centre_crops(
                source.path, size_of_crop(run), each, mask_of=mask_finder(run, source.path), skip=run.data.skip
            )
        ]
    degradation = degradation_of(run.data.mask, run.data.fill, run.data.realism)
    return fixed_samples(targets[:count], degradation, seed=run.seed, inputs=inputs)


def size_of_crop(run: Run) -> tuple[int, int]:
    """Return the height and width of a sample, px."""
    return run.data.crop, run.data.crop_width or run.data.crop


def mask_finder(run: Run, folder: str) -> FindMask | None:
    """Return what finds the mask of a picture of this folder by its name, where the run wants that."""
    wanted = [choice.options for choice in run.data.mask if choice.name == "paired"]
    if not wanted:
        return None
    masks = Path(wanted[0].get("path") or folder)
    if not masks.exists() and folder != "synthetic":
        raise ValueError(f"there is no {masks}, where the masks of the pictures should lie")
    return partial(find_mask, folder=Path(folder), masks=masks)


def find_mask(file: Path, *, folder: Path, masks: Path) -> Path:
    """Find the mask of a picture as `inpaint decensor` does.  Raises ValueError where there is none, or several."""
    mask, *others = masks_for(file, masks, file.parent.relative_to(folder))
    if others:
        raise ValueError(f"{file} has {1 + len(others)} masks, {mask} and others: in training it needs one")
    return mask
