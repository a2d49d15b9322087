"""What DFNet's authors call its entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

CASES = {"dfnet": Case("dfnet", {"width": 4, "levels": 6, "fused": 4}, lambda state: (without_trunk(state),))}
