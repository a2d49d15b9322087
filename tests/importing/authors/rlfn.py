"""What the NTIRE challenge calls RLFN's entries: as here, without the trunk."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

OPTIONS = {"width": 6, "middle": 8, "blocks": 2, "peak": 255.0, "reduction": "bicubic"}
CASES = {"rlfn": Case("rlfn", OPTIONS, lambda state: (without_trunk(state),))}
