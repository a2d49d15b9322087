"""What became of a batch, as JSON for programs and as one HTML page for people."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from inpaint.files import write_text
from inpaint.folder.file_outcome import Outcome

REPORT_VERSION = 1
REPORT_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fafafa; }
table { border-collapse: collapse; background: #fff; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.failed td { background: #fff0f0; }
td.shown { white-space: nowrap; }
img { display: inline-block; vertical-align: top; margin-right: .4rem; max-height: 160px; }
"""


def status_counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many pictures ended in each way, the most frequent first."""
    return dict(Counter(outcome.status for outcome in outcomes).most_common())


def outcome_entry(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a picture, as JSON holds it."""
    fields = outcome._asdict()
    fields.pop("thumbnails")
    paths = {"path": str(outcome.path), "outputs": [str(path) for path in outcome.outputs]}
    return fields | paths | {"seconds": round(outcome.seconds, 3)}


def write_outcomes(outcomes: Sequence[Outcome], path: Path | str) -> None:
    """Write the outcomes of a batch, atomically: {"version", "counts", "seconds", "pictures": [...]}."""
    report = {
        "version": REPORT_VERSION,
        "counts": status_counts(outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 3),  # of work; several go on at once
        "pictures": [outcome_entry(outcome) for outcome in outcomes],
    }
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def write_outcomes_page(outcomes: Sequence[Outcome], path: Path | str, *, title: str) -> None:
    """Write the page, atomically; it needs nothing beside it."""
    rows = "\n".join(map(_row, outcomes))
    said = ", ".join(f"{count} {status}" for status, count in status_counts(outcomes).items())
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{REPORT_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{len(outcomes)} pictures: {escape(said)}. Restored pixels are invented, not recovered, and must not be used to
identify anyone.</p>
<table>
<thead><tr><th>picture</th><th>before and after</th><th>status</th><th>regions</th><th>seconds</th><th>written</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
    write_text(path, page)


def _row(outcome: Outcome) -> str:
    shown = "".join(map(_picture, zip(("before", "after"), outcome.thumbnails or (), strict=False)))
    said = "; ".join(text for text in (outcome.censor, outcome.note, outcome.error) if text)
    written = "<br>".join(escape(str(path)) for path in outcome.outputs)
    cells = f'<td>{escape(str(outcome.path))}</td><td class="shown">{shown}</td>'
    cells += f"<td><b>{outcome.status}</b><br>{escape(said)}</td>"
    numbers = f'<td class="number">{outcome.regions}</td><td class="number">{outcome.seconds:.1f}</td>'
    return f'<tr class="{outcome.status}">{cells}{numbers}<td>{written}</td></tr>'


def _picture(named: tuple[str, bytes]) -> str:
    name, data = named
    return f'<img alt="{name}" src="data:image/jpeg;base64,{base64.b64encode(data).decode("ascii")}">'
