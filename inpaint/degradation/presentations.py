"""How a network was shown each censor that it learned, as the fills of its run say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inpaint.parts import Choice


def presentations(fills: Sequence[Choice]) -> dict[str, str]:
    """Return how the network was mostly shown each censor it learned: {"hole": value, "mosaic": enlargement}."""
    shown = {"hole": ("value", "black"), "mosaic": ("enlarge", "nearest")}
    falling = sorted(fills, key=lambda fill: -fill.share)
    return {fill.name: likeliest(fill.options.get(*shown[fill.name])) for fill in reversed(falling)}


def likeliest(choice: Any) -> str:
    """Return the first of the choices with the largest share."""
    if isinstance(choice, Mapping):
        return max(choice, key=lambda name: choice[name])
    return choice if isinstance(choice, str) else choice[0]
