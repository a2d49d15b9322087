"""What mmagic calls SRCNN's entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed


def mmagic(state: State) -> tuple[State, ...]:
    theirs = [f"conv{number}.{leaf}" for number in (1, 2, 3) for leaf in ("weight", "bias")]
    return (renamed(state, zip(state, theirs, strict=True)),)


CASES = {
    "srcnn": Case("srcnn", {"width": 4}, mmagic),
    "srcnn_955": Case("srcnn", {"width": 4, "middle": 5}, mmagic),
}
