"""An evaluation as one HTML file that needs nothing beside it: tables to sort, curves, and examples under a slider."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from markupsafe import Markup
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d

from inpaint.evaluation.baselines import DO_NOTHING, NEAREST
from inpaint.evaluation.curves import share_curves
from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.examples import Example
from inpaint.evaluation.page_parts import EVALUATION_BODY, EVALUATION_SCRIPT, EVALUATION_STYLE, EXAMPLE, SECTION
from inpaint.evaluation.rows import GROUPINGS
from inpaint.evaluation.tables import CaseTable, all_tables, skipped_in_words, table_legend
from inpaint.files import write_text
from inpaint.pages import HtmlCell, HtmlRow, html_page, html_table, render_template, webp_url

OUTLINE_COLOUR = torch.tensor([255, 0, 160], dtype=torch.uint8).view(3, 1, 1)  # a colour that pictures seldom hold
PAGE_BYTES = 1_000_000  # that a page may weigh for every ten pictures begun
LOOKS = ((192, 85), (192, 70), (160, 60), (128, 50), (96, 40))  # side in px and quality of pictures, the best first


def evaluation_page(evaluation: Evaluation, *, title: str = "Evaluation") -> str:
    """Write the HTML page: per case its table, curves and examples; then tables by other groups.

    Pictures are shown as well as fits: a page weighs less than PAGE_BYTES for every ten pictures begun.
    """
    room = PAGE_BYTES * math.ceil(max(evaluation.count, 1) / 10)
    examples = list(evaluation.examples)
    while True:
        for side, quality in LOOKS:
            page = _page(evaluation, examples, title, side, quality)
            if len(page.encode()) < room or not examples:
                return page
        examples = _fewer(examples)


def write_evaluation_page(evaluation: Evaluation, path: Path | str, *, title: str = "Evaluation") -> None:
    """Write the HTML page, atomically."""
    write_text(path, evaluation_page(evaluation, title=title))


def outline_mask(image: Tensor, mask: Tensor) -> Tensor:
    """Draw the known pixels that touch the mask in colour.  image: (3, H, W) uint8.  mask: (1, H, W)."""
    rim = (max_pool2d(mask[None], 3, stride=1, padding=1)[0] > 0.5) & (mask < 0.5)  # (1, H, W)
    return torch.where(rim, OUTLINE_COLOUR, image)


def _fewer(examples: Sequence[Example]) -> list[Example]:
    """Leave out the last example of every case that has several; of cases with one each, all."""
    return [it for it, after in zip(examples, [*examples[1:], None], strict=True) if after and after.case == it.case]


def _page(evaluation: Evaluation, examples: Sequence[Example], title: str, side: int, quality: int) -> str:
    groupings = dict(all_tables(evaluation, GROUPINGS))
    sections = [
        render_template(
            SECTION,
            case=table.case,
            best=table.best,
            table=_sortable(table),
            curves=_curves(evaluation, table.case),
            examples=[_example(it, side, quality) for it in examples if it.case == table.case],
        )
        for table in groupings.pop("case")
    ]
    others = [(name, [(it.case, it.best, _sortable(it)) for it in tables]) for name, tables in groupings.items()]
    body = render_template(
        EVALUATION_BODY,
        legend=table_legend(evaluation),
        count=evaluation.count,
        seed=evaluation.seed,
        sections=sections,
        others=others,
        skipped=skipped_in_words(evaluation),
    )
    return html_page(title, body, style=EVALUATION_STYLE, script=EVALUATION_SCRIPT)


def _sortable(table: CaseTable) -> Markup:
    rows = [
        HtmlRow([HtmlCell(method), *(HtmlCell(cell.text, "best" if cell.best else "") for cell in cells)])
        for method, cells in table.lines
    ]
    return html_table(table.headings, rows)


def _curves(evaluation: Evaluation, case: str) -> Markup:
    """Draw the curves of the first metric that pictures have numbers of."""
    name = next((it for it, metric in evaluation.metrics.items() if metric.whole_set is None), None)
    values: dict[str, list[float]] = {}
    for record in evaluation.records:
        if record.case == case and name is not None:
            values.setdefault(record.method, []).append(record.scores[name])
    if name is None:
        return Markup()
    metric = evaluation.metrics[name]
    words = "at most" if metric.better == "lower" else "at least"
    return share_curves(values, title=f"share of pictures with {words} this {metric.heading}", better=metric.better)


def _example(example: Example, side: int, quality: int) -> Markup:
    """Return one example: all answers in one line, and any two of them under a slider."""
    nothing = next((example.psnr[name] for name in (DO_NOTHING, NEAREST) if name in example.psnr), None)
    shown = [("input", outline_mask(example.image, example.mask), nothing)]  # which doing nothing leaves as it is
    answers = {name: it for name, it in example.restored.items() if name not in (DO_NOTHING, NEAREST)}
    shown += [(name, restored, example.psnr[name]) for name, restored in answers.items()]
    shown.append(("target", example.target, None))
    figures = [
        (name, webp_url(_shrunk(image, side).permute(1, 2, 0).numpy(), quality=quality), _decibels(value))
        for name, image, value in shown
    ]
    best = max(example.psnr, key=lambda name: example.psnr[name], default="")
    return render_template(
        EXAMPLE,
        name=example.name,
        place=example.place,
        best=f"best here: {best} with {_decibels(example.psnr[best])}" if best else "",
        figures=figures,
        height=example.target.shape[1],
        width=example.target.shape[2],
    )


def _decibels(value: float | None) -> str:
    return "\N{NO-BREAK SPACE}" if value is None else f"{value:.1f} dB"


def _shrunk(image: Tensor, side: int) -> Tensor:
    """Return a picture, (3, h, w) uint8, whose longer side is at most so many pixels."""
    longest = max(image.shape[1:])
    if longest <= side:
        return image
    size = [max(1, round(length * side / longest)) for length in image.shape[1:]]
    return interpolate(image[None].float(), size, mode="area")[0].round().to(torch.uint8)
