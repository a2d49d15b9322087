"""What became of a batch, as JSON for programs and as one HTML page for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inpaint.files import write_text
from inpaint.folder.file_outcome import Outcome
from inpaint.pages import HtmlCell, HtmlRow, data_url, html_page, html_table, render_template

REPORT_VERSION = 1
BATCH_STYLE = """
th, td { padding: .35rem .8rem; }
tr.failed td { background: #fff0f0; }
td.shown { white-space: nowrap; }
td img { display: inline-block; vertical-align: top; margin-right: .4rem; max-height: 160px; }
"""
BATCH_HEADINGS = ("picture", "before and after", "status", "regions", "seconds", "written")
BATCH_BODY = """<p>{{ total }} pictures: {{ counts }}.
Restored pixels are invented, not recovered, and must not be used to
identify anyone.</p>
{{ table }}
"""
BEFORE_AND_AFTER = """{% for name, url in pictures %}<img alt="{{ name }}" src="{{ url }}">{% endfor %}"""
STATUS_CELL = """<b>{{ status }}</b><br>{{ details }}"""
LINES_CELL = """{% for line in lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}"""


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
    summary = ", ".join(f"{count} {status}" for status, count in status_counts(outcomes).items())
    table = html_table(BATCH_HEADINGS, map(_row, outcomes), numbers=False)
    write_text(
        path,
        html_page(
            title, render_template(BATCH_BODY, total=len(outcomes), counts=summary, table=table), style=BATCH_STYLE
        ),
    )


def _row(outcome: Outcome) -> HtmlRow:
    pictures = [
        (name, data_url(data, "jpeg"))
        for name, data in zip(("before", "after"), outcome.thumbnails or (), strict=False)
    ]
    details = "; ".join(text for text in (outcome.censor, outcome.note, outcome.error) if text)
    cells = (
        HtmlCell(outcome.path),
        HtmlCell(render_template(BEFORE_AND_AFTER, pictures=pictures), "shown"),
        HtmlCell(render_template(STATUS_CELL, status=outcome.status, details=details)),
        HtmlCell(outcome.regions, "number"),
        HtmlCell(f"{outcome.seconds:.1f}", "number"),
        HtmlCell(render_template(LINES_CELL, lines=outcome.outputs)),
    )
    return HtmlRow(cells, outcome.status)
