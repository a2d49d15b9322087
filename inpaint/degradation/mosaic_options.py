"""What a YAML may say of a mosaic's blocks and phases, checked."""

from __future__ import annotations

from collections.abc import Sequence


def whole_blocks(block: int | Sequence[int]) -> tuple[int, int]:
    """Return the lowest and the highest block, px."""
    low, high = (block, block) if isinstance(block, int) else number_pair("block", block)
    if not 2 <= low <= high or low != int(low) or high != int(high):
        raise ValueError(f"block {block} must be whole numbers of at least 2 pixels, low before high")
    return int(low), int(high)


def fixed_phase(phase: str | Sequence[int]) -> tuple[int, int] | None:
    """Return the phase, (y, x) px, None where it is random."""
    if phase == "random":
        return None
    if isinstance(phase, str) or any(line != int(line) for line in number_pair("phase", phase)):
        raise ValueError(f"phase {phase!r} is unknown; choose random or [y, x] in whole pixels")
    return int(phase[0]), int(phase[1])


def number_pair(name: str, value: Sequence) -> tuple:
    """Return exactly two numbers."""
    if not isinstance(value, Sequence) or len(value) != 2 or not all(isinstance(each, int | float) for each in value):
        raise ValueError(f"{name} {value!r} must be two numbers, as in [4, 24]")
    return value[0], value[1]
