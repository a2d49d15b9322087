"""An evaluation as text for the terminal, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.rows import GROUPINGS, Row
from inpaint.evaluation.tables import (
    CaseTable,
    all_tables,
    case_tables,
    counted_words,
    grouped_rows,
    skipped_in_words,
    table_legend,
)
from inpaint.files import write_text
from inpaint.metrics import PSNR_CAP

LATEX_SPECIAL = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "±": r"$\pm$", "\\": r"\textbackslash{}", "$": r"\$"}


def text_table(evaluation: Evaluation) -> str:
    """Write aligned plain text, what is best in each column and case marked by a star."""
    parts = []
    for table in case_tables(evaluation):
        lines = [table.headings] + [
            (method, *(cell.text + ("*" if cell.best else " ") for cell in cells)) for method, cells in table.lines
        ]
        said = f"\n{table.best}" if table.best else ""
        parts.append(f"{table.case}, {counted_words(table.count)}\n{_aligned(lines)}{said}")
    skipped = skipped_in_words(evaluation)
    notes = ["\n".join(skipped)] if skipped else []
    return "\n\n".join([*parts, *notes, f"{table_legend(evaluation)} *; seed {evaluation.seed}."]) + "\n"


def markdown_table(evaluation: Evaluation, grouping: str = "case") -> str:
    """Write one Markdown table for all cases, what is best in each column and case in bold."""
    blocks = list(case_tables(evaluation, grouping))
    lines: list[str] = []
    headings: tuple[str, ...] = ()
    for table in blocks:
        if table.headings != headings:  # cases with other columns begin a table of their own
            headings = table.headings
            lines += [*([""] if lines else []), _markdown_line((grouping, *headings))]
            lines.append("| --- | --- |" + " ---: |" * (len(headings) - 1))
        for method, cells in table.lines:
            numbers = (f"**{cell.text}**" if cell.best and cell.text else cell.text for cell in cells)
            lines.append(_markdown_line((table.case, method, *numbers)))
    said = [f"{table.case}: {table.best}." for table in blocks if table.best]
    note = f"{table_legend(evaluation)} in bold; {counted_words(evaluation.count)}, seed {evaluation.seed}."
    return "\n".join([*lines, "", note, *(["", *(f"- {it}" for it in said)] if said else []), ""])


def markdown_report(evaluation: Evaluation, *, title: str) -> str:
    """Write all tables as Markdown: by case, by the share and place of the mask, by block, and what was skipped."""
    parts = [f"# {title}"]
    for grouping, _ in all_tables(evaluation, GROUPINGS):
        parts += [f"## By {grouping}", markdown_table(evaluation, grouping)]
    if skipped := skipped_in_words(evaluation):
        parts += ["## What was left out", "\n".join(f"- {line.strip()}" for line in skipped)]
    return "\n\n".join(parts) + "\n"


def latex_tables(evaluation: Evaluation, *, title: str) -> str:
    """Write the tables by case for a paper, with booktabs; what is best is bold."""
    parts = [f"% {title}; needs \\usepackage{{booktabs}}"]
    parts += [_latex_table(table, evaluation) for table in case_tables(evaluation)]
    return "\n\n".join(parts) + "\n"


def pictures_csv(evaluation: Evaluation) -> str:
    """Write the numbers of every picture as CSV: a line for each picture, case and method."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [name for name, metric in evaluation.metrics.items() if metric.whole_set is None]
    first = ("picture", "case", "method", "masked", "touching", "block")
    writer.writerow([*first, *names, "seconds", "changed"])
    for it in evaluation.records:
        place = (it.picture, it.case, it.method, f"{it.share:.6f}", int(it.touching), it.block)
        writer.writerow([*place, *(_or_empty(it.scores[name]) for name in names), _or_empty(it.seconds), it.changed])
    return stream.getvalue()


def scores_as_dict(evaluation: Evaluation, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return everything but the pictures, ready for JSON; about: what else to say of the run.

    A number that does not exist is None.
    """
    pictures = [
        {
            "picture": it.picture,
            "case": it.case,
            "method": it.method,
            "masked": it.share,
            "touching": it.touching,
            "block": it.block,
            **it.scores,
            "seconds": it.seconds,
            "changed": it.changed,
        }
        for it in evaluation.records
    ]
    groups = {
        name: [_row_as_dict(row) for row in grouped_rows(evaluation, name)]
        for name in GROUPINGS
        if name != "case" and evaluation.records
    }
    return _without_nan(
        {
            **(about or {}),
            "seed": evaluation.seed,
            "count": evaluation.count,
            "psnr_cap": PSNR_CAP,
            "against": evaluation.against,
            "rows": [_row_as_dict(row) for row in evaluation.rows],
            "groups": groups,
            "skipped": [it._asdict() for it in evaluation.skipped],
            "pictures": pictures,
        }
    )


def write_scores(evaluation: Evaluation, path: Path | str, about: Mapping[str, Any] | None = None) -> None:
    """Write the numbers as JSON, atomically."""
    write_text(path, json.dumps(scores_as_dict(evaluation, about), indent=1, ensure_ascii=False) + "\n")


def _row_as_dict(row: Row) -> dict[str, Any]:
    told = {"case": row.case, "method": row.method, "baseline": row.baseline, "count": row.count}
    told |= row.scores | {"seconds": row.seconds, "standard_errors": dict(row.errors)}
    told["against"] = {name: gap._asdict() for name, gap in row.against.items()}
    if row.cost is not None:
        told |= row.cost._asdict()
    return told | ({"changed": row.changed} if row.changed else {})


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(it) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(it) for it in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _or_empty(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _markdown_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _latex_table(table: CaseTable, evaluation: Evaluation) -> str:
    lines = [rf"\begin{{tabular}}{{l{'r' * (len(table.headings) - 1)}}}", r"\toprule"]
    lines += [" & ".join(map(_latex, table.headings)) + r" \\", r"\midrule"]
    for method, cells in table.lines:
        texts = (rf"\textbf{{{_latex(it.text)}}}" if it.best and it.text else _latex(it.text) for it in cells)
        lines.append(" & ".join([_latex(method), *texts]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    caption = f"% {table.case}, {counted_words(table.count)}, seed {evaluation.seed}. {table.best}"
    return "\n".join([caption, *lines])


def _latex(text: str) -> str:
    return "".join(LATEX_SPECIAL.get(letter, letter) for letter in text)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Pad the first column on the right and the others on the left; a heading leaves room for the star."""
    lines = [(lines[0][0], *(heading + " " for heading in lines[0][1:])), *lines[1:]]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join("  ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]).rstrip() for line in lines)
