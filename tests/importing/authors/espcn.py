"""What yjn870's and Lornatang's ports call ESPCN's entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed


def written(state: State, feature: str, last: str) -> tuple[State, ...]:
    layers = [f"{feature}.0", f"{feature}.2", f"{last}.0"]
    return (renamed(state, zip(state, [f"{it}.{leaf}" for it in layers for leaf in ("weight", "bias")], strict=True)),)


OPTIONS = {"width": 4, "reduction": "bicubic"}
LUMA = {**OPTIONS, "block": 3, "luma": True}
CASES = {
    "espcn_luma": Case("espcn", LUMA, lambda state: written(state, "first_part", "last_part")),
    "espcn_colour": Case("espcn", {**OPTIONS, "block": 4}, lambda state: written(state, "feature_maps", "sub_pixel")),
}
