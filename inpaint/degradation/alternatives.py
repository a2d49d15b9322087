"""A choice between several words, such as fills or edges: one word, several that are as likely, or with shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from inpaint.randomness import choose

Alternatives = str | Sequence[str] | Mapping[str, float]  # one, several alike, or several with shares
Shares = dict[str, float]


def shares_of(name: str, choice: Alternatives, choices: Sequence[str]) -> Shares:
    """Bring one choice, a list or shares to shares, and refuse what is not among the choices."""
    if isinstance(choice, str):
        shares = {choice: 1.0}
    else:
        shares = dict(choice) if isinstance(choice, Mapping) else dict.fromkeys(choice, 1.0)
    unknown = next((each for each in shares if each not in choices), None)
    if unknown is not None:
        raise ValueError(f"{name} {unknown!r} is unknown; choose {', '.join(choices)}, a list of them or their shares")
    if not shares or min(shares.values()) < 0.0 or sum(shares.values()) <= 0.0:
        raise ValueError(f"the shares of {name}, {choice}, must not be negative and must not all be zero")
    return shares


def drawn_word(shares: Shares, rng: torch.Generator) -> str:
    """Draw one choice in proportion to its share; a single choice costs no draw."""
    if len(shares) == 1:
        return next(iter(shares))
    return choose(rng, list(shares), list(shares.values()))
