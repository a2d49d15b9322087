"""What the authors of region normalization call its entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

CASES = {"region norm": Case("region_norm", {"width": 4, "blocks": 8}, lambda state: (without_trunk(state),))}
