"""What otenim calls the entries of GLCIC."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

OTENIM = {"width": 4, "norm": "after", "centred": False}
CASES = {"glcic": Case("glcic", OTENIM, lambda state: (without_trunk(state),))}
