"""The table beside the authors' code: every method that is timed has one row, of which the speed alone changes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location("parity_table", ROOT / "scripts" / "parity" / "table.py")
assert SPEC is not None
assert SPEC.loader is not None
SCRIPT = importlib.util.module_from_spec(SPEC)  # scripts/ is no package
SPEC.loader.exec_module(SCRIPT)
PAGE = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
TIMED = [method for method, scripts in SCRIPT.SCRIPTS.items() if any(script.startswith("speed") for script in scripts)]


@pytest.mark.parametrize("method", TIMED)
def test_the_speed_of_a_method_is_put_into_its_row_alone(method: str):
    changed = SCRIPT.with_speed(PAGE, method, "9.87")
    differing = [pair for pair in zip(PAGE.splitlines(), changed.splitlines(), strict=True) if pair[0] != pair[1]]
    ((before, after),) = differing
    assert before.rpartition("| ")[0] == after.rpartition("| ")[0]
    assert after.rpartition("| ")[2].startswith("9.87")
    assert len(after) - len(before) in range(5)


def test_a_method_without_a_row_is_refused():
    with pytest.raises(ValueError, match="0 rows of nothing"):
        SCRIPT.with_speed(PAGE, "nothing", "1.00")


def test_every_script_that_is_named_is_there():
    for script in {it.split()[0] for scripts in SCRIPT.SCRIPTS.values() for it in scripts}:
        assert (ROOT / "scripts" / "parity" / f"{script}.py").is_file()
