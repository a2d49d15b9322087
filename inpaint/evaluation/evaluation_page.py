"""An evaluation as one HTML file that needs nothing beside it: the tables, and examples side by side."""

from __future__ import annotations

from pathlib import Path

import torch
from markupsafe import Markup
from torch import Tensor
from torch.nn.functional import max_pool2d

from inpaint.evaluation.baselines import DO_NOTHING, NEAREST
from inpaint.evaluation.evaluate import Evaluation, Example
from inpaint.evaluation.tables import CaseTable, case_tables, column_headings, table_legend
from inpaint.files import write_text
from inpaint.pages import HtmlCell, HtmlRow, html_figure, html_page, html_table, png_url, render_template

OUTLINE_COLOUR = torch.tensor([255, 0, 160], dtype=torch.uint8).view(3, 1, 1)  # a colour that pictures seldom hold

EVALUATION_STYLE = """
.example { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 1.6rem; }
h3 { margin: 1.2rem 0 0; font-size: 1rem; font-weight: 500; color: #666; }
.example + h3 { margin-top: 0; }
figure img { image-rendering: pixelated; }
figcaption { font-size: .85rem; text-align: center; line-height: 1.5; color: #222; }
figcaption span { color: #666; }
"""
EVALUATION_BODY = """<p>{{ legend }} in bold; {{ count }} pictures, seed {{ seed }}. The number under a picture is its
PSNR over the mask in dB. The outline shows the mask and is not part of the picture.</p>
{% for section in sections %}{{ section }}{% endfor %}
"""
CASE_SECTION = """<section>
<h2>{{ case }}</h2>
{{ table }}
{% for name, figures in examples %}
<h3>{{ name }}</h3>
<div class="example">{% for figure in figures %}{{ figure }}{% endfor %}</div>
{% endfor %}
</section>
"""


def evaluation_page(evaluation: Evaluation, *, title: str = "Evaluation") -> str:
    """Write the HTML page: per case its table, then the examples as input, baselines, restorers, target."""
    sections = [_section(block, evaluation) for block in case_tables(evaluation)]
    body = render_template(
        EVALUATION_BODY,
        legend=table_legend(evaluation.metrics),
        count=evaluation.count,
        seed=evaluation.seed,
        sections=sections,
    )
    return html_page(title, body, style=EVALUATION_STYLE)


def write_evaluation_page(evaluation: Evaluation, path: Path | str, *, title: str = "Evaluation") -> None:
    """Write the HTML page, atomically."""
    write_text(path, evaluation_page(evaluation, title=title))


def outline_mask(image: Tensor, mask: Tensor) -> Tensor:
    """Draw the known pixels that touch the mask in colour.  image: (3, H, W) uint8.  mask: (1, H, W)."""
    rim = (max_pool2d(mask[None], 3, stride=1, padding=1)[0] > 0.5) & (mask < 0.5)  # (1, H, W)
    return torch.where(rim, OUTLINE_COLOUR, image)


def _section(block: CaseTable, evaluation: Evaluation) -> Markup:
    rows = [
        HtmlRow([HtmlCell(method), *(HtmlCell(cell.text, "best" if cell.best else "") for cell in cells)])
        for method, cells in block.lines
    ]
    shown = [(example.name, _figures(example)) for example in evaluation.examples if example.case == block.case]
    return render_template(
        CASE_SECTION, case=block.case, table=html_table(column_headings(evaluation.metrics), rows), examples=shown
    )


def _figures(example: Example) -> list[Markup]:
    """Return one example; doing nothing is the input itself, so its number stands under the input."""
    nothing = next((example.psnr[name] for name in (DO_NOTHING, NEAREST) if name in example.psnr), None)
    figures = [_figure(outline_mask(example.image, example.mask), "input", nothing)]
    figures += [
        _figure(restored, method, example.psnr[method])
        for method, restored in example.restored.items()
        if method not in (DO_NOTHING, NEAREST)
    ]
    return [*figures, _figure(example.target, "target", None)]


def _figure(image: Tensor, caption: str, value: float | None) -> Markup:
    """Return a picture, (3, H, W) uint8, pixel for pixel."""
    number = "\N{NO-BREAK SPACE}" if value is None else f"{value:.2f}"
    size = (image.shape[1], image.shape[2])
    return html_figure(png_url(image.permute(1, 2, 0).numpy()), caption, caption=caption, note=number, size=size)
