"""Files of weights as their authors write them: a file for each of LAYOUTS, whose CASES say what is written how."""

from __future__ import annotations

from importlib import import_module

from inpaint.importing.layouts import LAYOUTS
from tests.importing.authors.written import Case

WRITTEN: dict[str, tuple[str, Case]] = {  # the name of a case: --as, and the case
    name: (layout, case) for layout in LAYOUTS for name, case in import_module(f"{__name__}.{layout}").CASES.items()
}
