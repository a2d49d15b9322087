"""What the authors call IMDN's entries: as here, without the trunk, under the name of DataParallel."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, without_trunk


def parallel(state: State) -> tuple[State, ...]:
    return ({f"module.{name}": it for name, it in without_trunk(state).items()},)


OPTIONS = {"width": 8, "blocks": 3, "reduction": "bicubic"}
CASES = {
    "imdn": Case("imdn", OPTIONS, parallel),
    "imdn_x3": Case("imdn", {**OPTIONS, "block": 3}, parallel),
}
