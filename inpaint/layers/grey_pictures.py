"""Networks that see, or answer, grey pictures, behind the contract of those in colour.

Source: our own; the option of pix2pix's and CycleGAN's authors that says how many channels pictures have.
"""

from __future__ import annotations

GREYS = {"none": (3, 3), "seen": (1, 3), "both": (1, 1)}  # channels of pictures that a network sees and answers


def grey_channels(choice: str, *, see_mask: bool) -> tuple[int, int]:
    """Return how many channels a network sees, with the mask's, and answers.  Raises ValueError for another choice."""
    if choice not in GREYS:
        raise ValueError(f"grey is {choice!r}: choose among {', '.join(GREYS)}")
    seen, answered = GREYS[choice]
    return seen + see_mask, answered


def grey_choice(seen: int, answered: int) -> tuple[str, bool]:
    """Return the choice by these channels, and whether the mask is among them; 3 and 3 where there is none."""
    for see_mask in (False, True):
        for choice, (shown, answers) in GREYS.items():
            if (shown + see_mask, answers) == (seen, answered):
                return choice, see_mask
    return "none", False
