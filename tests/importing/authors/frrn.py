"""What FRRN's authors call its entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

CASES = {"frrn": Case("frrn", {"width": 4, "modules": 2}, lambda state: (without_trunk(state),))}
