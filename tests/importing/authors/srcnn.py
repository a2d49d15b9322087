"""What mmagic and two ports call SRCNN's entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed


def mmagic(state: State) -> tuple[State, ...]:
    theirs = [f"conv{number}.{leaf}" for number in (1, 2, 3) for leaf in ("weight", "bias")]
    return (renamed(state, zip(state, theirs, strict=True)),)


def parts(state: State) -> tuple[State, ...]:
    """Lornatang's."""
    theirs = [f"{layer}.{leaf}" for layer in ("features.0", "map.0", "reconstruction") for leaf in ("weight", "bias")]
    return (renamed(state, zip(state, theirs, strict=True)),)


CASES = {
    "srcnn": Case("srcnn", {"width": 4}, mmagic),
    "srcnn_luma": Case("srcnn", {"width": 4, "middle": 5, "luma": True}, mmagic),
    "srcnn_parts": Case("srcnn", {"width": 4, "luma": True}, lambda state: parts(state)),
    "srcnn_955": Case("srcnn", {"width": 4, "middle": 5}, mmagic),
}
