"""Reading a mask from any picture file: white on black, strokes on a transparent layer, or the picture itself, erased.

What counts is what people mean by a file: where alpha varies it is the mask, whatever colours it hides; a copy of the
picture marks where it is clear or painted; files of 0 and 1 are labels.  What is guessed or left out is said in words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from inpaint.images.picture import Picture, eight_bits
from inpaint.images.reading import read

if TYPE_CHECKING:
    from torch import Tensor

NEARLY = 0.05  # share of the highest level, by which black and white may be off, as in a JPEG
NOTED_SOFT_SHARE = 0.25  # of what is marked: more pixels that are neither black nor white are told
FEW_LEVELS = 16  # a file of no more is of labels, not of shades
COLOURS_OF_A_PICTURE = 64  # of 4096; no drawn mask has so many
SAME_LEVELS = 6  # 8-bit levels by which half of a copy of the picture may be off
CHANGED_LEVELS = 32  # 8-bit levels by which a copy that was compressed differs where it was painted


class MaskFile(NamedTuple):
    """What a file marks."""

    mask: Tensor  # (1, H, W) of exactly 0 and 1, 1 = restore
    note: str | None  # what was guessed, and what is there but not marked; for an empty mask why it is


def read_mask(
    path: Path | str, size: tuple[int, int] | None = None, *, threshold: int | None = None, invert: bool = False
) -> Tensor:
    """Read a mask (1, H, W) of exactly 0 and 1: 1 where the file is at least half as bright as can be.

    The brightest channel counts, so strokes of any strong colour on black do.  Where alpha varies it says all, and a
    file of 0 and 1 marks where it is 1.  size: the (height, width) that the mask must have.  threshold: the level, of
    those in the file, from which a pixel is marked.  invert: mark what is not.
    Raises ValueError for another size, and for whatever `read` refuses.

    >>> import tempfile, torch
    >>> from inpaint import images
    >>> painted = torch.zeros(3, 40, 60)
    >>> painted[0, 10:20, 10:30] = 1  # a red box on black
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = images.write(images.from_array(painted), f"{folder}/mask.png")
    ...     mask = images.read_mask(f"{folder}/mask.png", (40, 60))
    >>> mask.shape, mask.sum().item()
    (torch.Size([1, 40, 60]), 200.0)
    """
    return mask_in(sized(path, size), threshold=threshold, invert=invert).mask


def read_mask_for(
    picture: Picture, path: Path | str, *, threshold: int | None = None, invert: bool = False
) -> MaskFile:
    """Read the mask of a picture as `read_mask` does, which may also be a copy of the picture, erased or painted over.

    >>> import tempfile, torch
    >>> from inpaint import images
    >>> picture = images.from_array(torch.rand(3, 40, 60))
    >>> erased = torch.cat([torch.from_numpy(picture.colour), torch.full((40, 60, 1), 255)], 2).byte().numpy()
    >>> erased[10:20, 10:30, 3] = 0
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = images.write(images.Picture(erased[..., :3], erased[..., 3]), f"{folder}/erased.png")
    ...     found = images.read_mask_for(picture, f"{folder}/erased.png")
    >>> found.mask.sum().item(), found.note
    (200.0, 'it shows the picture itself: the 8.3 % that are clear or differ are restored')
    """
    given = sized(path, picture.size)
    differs = difference_from(picture, given)
    if differs is None:
        return mask_in(given, threshold=threshold, invert=invert)
    if not differs.any():
        said = "it shows the picture itself, and nothing in it is clear or differs"
        clear = given.alpha is not None and not given.alpha.all()
        return MaskFile(as_mask(differs), said + (": --mark alpha restores what is clear in both" if clear else ""))
    marked = ~differs if invert else differs
    return MaskFile(
        as_mask(marked),
        f"it shows the picture itself: the {percent(marked)} that are "
        f"{'as in the picture' if invert else 'clear or differ'} are restored",
    )


def sized(path: Path | str, size: tuple[int, int] | None) -> Picture:
    """Read a file that shall be a mask of this (height, width).  Raises ValueError for another size."""
    picture = read(path)
    if size is not None:
        check_mask_size(path, picture.size, size)
    return picture


def check_mask_size(path: Path | str, found: tuple[int, int], wanted: tuple[int, int]) -> None:
    """Raise ValueError where a mask has another (height, width) than its picture."""
    if tuple(found) != tuple(wanted):
        raise ValueError(
            f"{path} is a mask of {found[1]} x {found[0]} pixels, but its picture has "
            f"{wanted[1]} x {wanted[0]}: a mask must have the size of its picture"
        )


def mask_in(given: Picture, *, threshold: int | None = None, invert: bool = False) -> MaskFile:
    """Return what a mask marks by its levels: those of alpha where it varies, else of the brightest channel."""
    said = told_by_alpha(given)
    alpha = said is not None
    levels = given.colour.max(axis=2) if said is None else said  # (H, W)
    highest, notes = int(levels.max()), []
    least = -(-given.peak // 2) if threshold is None else threshold
    if threshold is None and highest == 1 and given.peak > 1:
        least = 1
        notes.append("its levels are 0 and 1, and 1 is restored")
    marked = levels >= least
    if not marked.any() and not invert:
        return MaskFile(as_mask(marked), why_empty(levels, given.peak, least, alpha=alpha))
    if threshold is None and (soft := softness(levels, given.peak, marked)):
        notes.append(soft)
    if not alpha and (colours := colours_in(given)) > COLOURS_OF_A_PICTURE:
        notes.append(f"it has {colours} colours, as pictures have and masks have not")
    marked = ~marked if invert else marked
    if marked.mean() > 0.5:
        notes.append(covers_much(marked, invert=invert))
    return MaskFile(as_mask(marked), "; ".join(notes) or None)


def told_by_alpha(given: Picture) -> np.ndarray | None:
    """Return alpha where it tells what is marked, (H, W); None where the colours do.

    It does where it varies, and in a file of one colour; a layer that is nowhere less than half opaque says nothing.
    """
    if given.alpha is None or not (given.alpha < given.peak / 2).any():
        return None
    varies = (given.alpha != given.alpha[0, 0]).any() or (given.colour == given.colour[:1, :1]).all()
    return given.alpha if varies else None


def as_mask(marked: np.ndarray) -> Tensor:
    """Return marked pixels, (H, W) bool, as a mask (1, H, W)."""
    import torch

    return torch.from_numpy(marked).float()[None]


def percent(marked: np.ndarray) -> str:
    """Say which share of a picture is marked."""
    share = 100 * float(marked.mean())
    return f"{share:.0f} %" if share >= 10 else f"{share:.2g} %"


def why_empty(levels: np.ndarray, peak: int, least: int, *, alpha: bool) -> str:
    """Say why nothing is marked: what the levels are, and what would take them."""
    highest = int(levels.max())
    if highest == 0:
        return "every pixel is " + ("clear" if alpha else "black") + ": paint white what shall be restored"
    shades = np.unique(levels)
    takes = int(shades[min(1, len(shades) - 1)]) if len(shades) <= FEW_LEVELS else -(-highest // 2)
    return (
        f"its highest level is {highest} of {peak}, and from {least} on a pixel is marked: "
        f"paint white what shall be restored, or use --mask-threshold {takes}"
    )


def softness(levels: np.ndarray, peak: int, marked: np.ndarray) -> str | None:
    """Say which share is neither black nor white, where that is much beside what is marked."""
    soft = (levels > NEARLY * peak) & (levels < (1 - NEARLY) * peak)
    left = soft & ~marked
    if soft.sum() <= NOTED_SOFT_SHARE * marked.sum() or not left.any():
        return None
    return (
        f"{percent(soft)} of it are shades between black and white; the {percent(left)} below half are kept: "
        f"--mask-threshold {int(levels[left].min())} restores them too"
    )


def colours_in(given: Picture) -> int:
    """Count the colours of a picture, with 16 levels in each channel; shades of grey count as none."""
    if given.colour.shape[2] == 1:
        return 0
    coarse = (eight_bits(given.colour) >> 4).astype(np.int32)  # (H, W, 3)
    vivid = coarse[coarse.max(axis=2) != coarse.min(axis=2)]  # (N, 3)
    return len(np.unique(vivid @ np.array([256, 16, 1])))


def covers_much(marked: np.ndarray, *, invert: bool) -> str:
    """Say that more than half of the picture is marked, and what would mark the rest instead."""
    rest = percent(~marked)
    other = f"without --invert-mask it is the other {rest}" if invert else f"--invert-mask restores the other {rest}"
    return f"it marks {percent(marked)} of the picture, more than is kept; {other}"


def difference_from(picture: Picture, given: Picture) -> np.ndarray | None:
    """Return where a copy of the picture is clear or differs, (H, W) bool; None for a file that is no copy of it.

    A copy has many shades and is for the most part like the picture; one that was compressed anew differs slightly
    everywhere, so only strong differences count there.
    """
    seen = np.ones(given.size, bool) if given.alpha is None else given.alpha > 0
    if picture.alpha is not None:
        seen &= picture.alpha > 0
    one, other = (eight_bits(it.colour).astype(np.int16) for it in (picture, given))
    off = abs(one - other).max(axis=2)  # (H, W)
    if not seen.any() or np.median(off[seen]) > SAME_LEVELS:
        return None
    alike = other[seen & (off <= SAME_LEVELS)]  # (N, 1 or 3)
    if len(np.unique(alike.max(axis=1))) <= FEW_LEVELS:
        return None  # both are of a few colours, as a page of text and its mask may be
    least = 0 if (off[seen] == 0).mean() > 0.5 else CHANGED_LEVELS
    cleared = np.zeros(given.size, bool)
    if given.alpha is not None:
        cleared = given.alpha < (given.peak if picture.alpha is None else eight_bits(picture.alpha))
    return cleared | (seen & (off > least))
