"""The description of a dataset as plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inpaint.builders.report.statistics import Statistics

LONGEST_BAR = 30  # characters of the longest bar
TEXT_HISTOGRAMS = {
    "rejected": "rejected pictures",
    "licences": "patches by licence",
    "sides": "pictures by shorter side, px",
    "aspects": "pictures by longer to shorter side",
    "scales": "patches by scale",
    "masks": "baked samples by mask",
    "fills": "baked samples by fill",
    "shares": "baked samples by share to be restored",
    "labels": "patches by label",
    "marked": "patches by annotated share",
    "blocks": "baked samples by height of a mosaic cell, px",
}


def dataset_tables(statistics: Statistics) -> str:
    """Return the counts of the splits and every histogram that is not empty."""
    rows: list[Sequence[object]] = [("split", "groups", "pictures", "patches")]
    rows += [
        (split, statistics.groups[split], statistics.pictures[split], count)
        for split, count in statistics.patches.items()
    ]
    blocks = [aligned_columns(rows)]
    for field, heading in TEXT_HISTOGRAMS.items():
        counts: Mapping[str, int] = getattr(statistics, field)
        if counts:
            blocks.append(f"{heading}\n{text_bars(counts)}")
    if statistics.mean and statistics.std:
        moments = "; ".join(
            f"{name} {' '.join(f'{value:.3f}' for value in values)}"
            for name, values in (("mean", statistics.mean), ("standard deviation", statistics.std))
        )
        blocks.append(f"training patches, RGB in 0 to 1: {moments}")
    return "\n\n".join(blocks)


def aligned_columns(rows: Sequence[Sequence[object]]) -> str:
    """Return rows as lines of columns, the first to the left and the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(it.rjust(width) for it, width in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    )


def text_bars(counts: Mapping[str, int]) -> str:
    """Return a histogram as lines of label, count and bar."""
    most = max([*counts.values(), 1])
    left, right = max(map(len, counts)), len(str(most))
    lines = (
        f"  {label.ljust(left)}  {str(count).rjust(right)}  {'#' * -(-count * LONGEST_BAR // most)}"
        for label, count in counts.items()
    )
    return "\n".join(line.rstrip() for line in lines)
