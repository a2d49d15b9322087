"""Censor patches once and for all: the fixed validation and test samples of a dataset, with all that was drawn.

    DATASET/val/NAME.png                     the target, as in every dataset
    DATASET/censored/val/image/NAME.png      what a network is shown
    DATASET/censored/val/mask/NAME.png       white = restore

The censored pictures lie beside the splits and not in them, so that training and `inpaint evaluate` never take them
for clean ones, and in two folders of equal names, which is what `inpaint decensor IMAGES --mask MASKS` reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inpaint.builders.settings import DatasetSettings
from inpaint.data.decode import colour_of
from inpaint.data.samples import single_threaded
from inpaint.data.sources import as_image
from inpaint.degradation.build import degradation_of
from inpaint.degradation.degrade import Degradation
from inpaint.files import atomically
from inpaint.images import read_mask
from inpaint.parts import Choice
from inpaint.randomness import rng_for

DRAWN_AGAIN = 8  # times that a censoring is drawn at most


class Censoring(NamedTuple):
    """How patches are censored, and what the masks and fills are called."""

    degrade: Degradation
    masks: tuple[Choice, ...]
    fills: tuple[Choice, ...]


class Baked(NamedTuple):
    """A censored patch and everything that was drawn for it."""

    image: Tensor  # (3, H, W), levels of an 8-bit file
    mask: Tensor  # (1, H, W)
    record: dict[str, Any]


def censoring(mask: Sequence[Choice], fill: Sequence[Choice], realism: Mapping[str, Any] | None = None) -> Censoring:
    """Build what censors patches, as in the data section of a run.

    Raises ValueError naming the choices for an unknown mask, fill or option.
    """
    return Censoring(degradation_of(mask, fill, realism), tuple(mask), tuple(fill))


def bake(target: Tensor, censor: Censoring, *, seed: int, key: str) -> Baked:
    """Censor a patch (3, H, W) as the seed and its key alone decide.

    The record holds "mask" and "fill" with their names and options, "drawn" (block, phase, ... of a mosaic, colour of
    a hole), "realism" (every damage that happened), "share" of the pixels that are to be restored, "seed" and "key".
    """
    record: dict[str, Any] = {}
    with single_threaded():
        image, mask = censor.degrade(target, rng_for(seed, "baked", key), record)
    record["mask"], record["fill"] = _named(censor.masks[record["mask"]]), _named(censor.fills[record["fill"]])
    record |= {"share": round(mask.mean().item(), 6), "seed": seed, "key": key}
    return Baked((image.clamp(0, 1) * 255).round() / 255, mask, record)


def bake_file(dataset: Path, file: str, censor: Censoring, *, seed: int, largest_share: float = 1.0) -> dict[str, Any]:
    """Censor a patch of a dataset, write both files beside the splits, and return the manifest's "censor" of its line.

    file: as the manifest has it, SPLIT/NAME.png.  The key is NAME, which does not depend on the split.  What would
    cover more than `largest_share` is drawn again, a few times; of all that is drawn the smallest is taken then.
    """
    split, name = Path(file).parts[0], Path(file).stem
    target = as_image(colour_of((dataset / file).read_bytes(), file))
    drawn = (bake(target, censor, seed=seed, key=f"{name} {again}" if again else name) for again in range(DRAWN_AGAIN))
    tried: list[Baked] = []
    for baked in drawn:
        tried.append(baked)
        if baked.record["share"] <= largest_share:
            break
    baked = tried[-1] if tried[-1].record["share"] <= largest_share else min(tried, key=lambda it: it.record["share"])
    files = {
        kind: _save(picture, dataset / "censored" / split / kind / f"{name}.png")
        for kind, picture in (("image", baked.image), ("mask", baked.mask))
    }
    return {"files": files} | baked.record


def baking(settings: DatasetSettings, dataset: Path) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what censors the patch of a manifest line, as the settings say, and gives the line's "censor"."""
    censor, censored = settings.censor, censoring_of(settings)
    assert censor is not None, "nothing is to be baked in"
    assert censored is not None

    def bake_line(line: dict[str, Any]) -> dict[str, Any]:
        given = censored if censor.mask else _over(dataset / line["mask"]["file"], censored)
        return bake_file(dataset, line["file"], given, seed=settings.seed, largest_share=censor.largest_share)

    return bake_line


def censoring_of(settings: DatasetSettings) -> Censoring | None:
    """Build what is baked in; where annotations are the masks, one that censors everything.

    Raises ValueError for a mask, fill or option that there is not.
    """
    censor = settings.censor
    if censor is None:
        return None
    return censoring(censor.mask or [Choice(name="box")], censor.fill, censor.realism)


def _over(mask: Path, censored: Censoring) -> Censoring:
    """Return a censoring that takes a mask file for what it would draw."""
    shown = read_mask(mask)  # (1, H, W)
    degrade = Degradation([(1.0, lambda size, rng: shown)], censored.degrade.fills, censored.degrade.realism)
    return Censoring(degrade, (Choice(name="annotated"),), censored.fills)


def _save(picture: Tensor, path: Path) -> dict[str, str]:
    """Write (1 or 3, H, W) as a lossless PNG and return its place below the dataset and its checksum."""
    levels = (picture * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    with atomically(path) as temporary:
        Image.fromarray(np.ascontiguousarray(levels.squeeze(2) if levels.shape[2] == 1 else levels)).save(temporary)
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    return {"file": "/".join(path.parts[-4:]), "sha256": digest}


def _named(choice: Choice) -> dict[str, Any]:
    return {"name": choice.name, **choice.options}
