"""What the user should know of how marked places were censored: what they were taken for, and what that keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inpaint.detection.blurs import Blur
from inpaint.detection.damage import Damage, count_regions
from inpaint.detection.layers import TranslucentLayer
from inpaint.detection.mosaics.rough_cells import RoughCells
from inpaint.detection.region_kinds import PointSamples, Spoiled, Trace, Translucent
from inpaint.mosaic.free_cells import FreeCells
from inpaint.mosaic.lattice import Lattice, sides_in_words


def notes_on_damage(damage: Sequence[Damage]) -> list[str]:
    """Return a note for every kind of censor that is no plain hole and no mosaic of squares of whole pixels."""
    notes = []
    lost = count_in_words(
        part for part in damage if part.censor == "mosaic" and part.grid is None and part.trace is None
    )
    if lost:
        notes.append(f"no grid of cells in {lost}: none are kept there, and default restores it with texture")
    if rescaled := sorted({sides_in_words(part.grid) for part in damage if isinstance(part.grid, Lattice)}):
        notes.append(f"cells of {', '.join(rescaled)} px are no whole pixels: their means are kept only nearly")
    said: dict[str, list[Damage]] = {}
    for part in damage:
        if part.trace is not None:
            said.setdefault(trace_in_words(part.trace), []).append(part)
    return notes + [f"{count_in_words(parts)} taken for {words}" for words, parts in said.items()]


def count_in_words(damage: Iterable[Damage]) -> str:
    """Count the regions of damage in words, "" for none."""
    count = sum(count_regions(part.mask) for part in damage)
    return f"{count} region{'s' * (count != 1)}" if count else ""


def trace_in_words(trace: Trace) -> str:
    """Say what is known of a region's pixels and what is done with it."""
    hole = "--censor hole fills it instead"
    if isinstance(trace, FreeCells):
        return "a mosaic of cells that are no upright squares: their means are kept"
    if isinstance(trace, PointSamples):
        return "a mosaic whose cells show one pixel of theirs, and no means: that pixel is kept"
    if isinstance(trace, RoughCells):
        return f"a mosaic whose cells have no clear outlines: restored from it, no means are kept ({hole})"
    if isinstance(trace, Blur):
        return f"a blur of about {trace.sigma:.1f} px: sharpened as far as that is safe ({hole})"
    if isinstance(trace, Spoiled):
        return f"a picture that was spoiled in an unknown way: left as it is ({hole})"
    if isinstance(trace, Translucent):
        return f"a mosaic that lets the picture be seen, {trace.opacity:.0%} opaque: taken off ({hole})"
    assert isinstance(trace, TranslucentLayer)
    opacity = f"{1 - trace.share[0]:.0%} opaque" if trace.is_even else "a gradient"
    return f"a layer that lets the picture be seen, {opacity}: taken off ({hole})"
