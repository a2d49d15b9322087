"""What became of a batch, as JSON for programs and as one HTML page for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from inpaint import images
from inpaint.files import reserved, write_text
from inpaint.folder.file_outcome import Outcome
from inpaint.pages import HtmlCell, HtmlRow, data_url, html_page, html_table, render_template

REPORT_VERSION = 1
ENTRY_BYTES, ROW_BYTES = 1 << 10, 1 << 15  # of a picture in either report, about
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


def others_line(source: Path) -> str | None:
    """Say which files of a folder were left alone because their names say that they are no pictures; None for none."""
    others = images.other_files(source) if source.is_dir() else {}
    if not others:
        return None
    kinds = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in others.items())
    return f"{sum(others.values())} other files were left alone, for they are no pictures that can be read: {kinds}"


@contextmanager
def room_for_reports(source: Path, json_path: Path | None, html_path: Path | None) -> Iterator[None]:
    """Hold the bytes that the reports of a batch will need; OSError, with a sentence, where the disk has no room."""
    count = len(images.find(source))
    with ExitStack() as held:
        for path, each in ((json_path, ENTRY_BYTES), (html_path, ROW_BYTES)):
            if path is not None:
                held.enter_context(reserved(path, (count + 1) * each))
        yield


def write_outcomes(outcomes: Sequence[Outcome], path: Path | str, others: Mapping[str, int] | None = None) -> None:
    """Write the outcomes of a batch, atomically: {"version", "counts", "seconds", "left_alone", "pictures": [...]}.

    others: how many files were no pictures, by their suffix.
    """
    report = {
        "version": REPORT_VERSION,
        "counts": status_counts(outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 3),  # of work; several go on at once
        "left_alone": dict(others or {}),
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
