"""What the author of outpainting calls its entries."""

from __future__ import annotations

from tests.importing.authors.written import Case

CASES = {"outpaint": Case("outpaint", {"width": 4, "code": 10}, lambda state: (state,))}
