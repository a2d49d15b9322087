"""An evaluation as one HTML file that needs nothing beside it: the tables, and examples side by side."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import max_pool2d

from inpaint.evaluation.baselines import DO_NOTHING, NEAREST
from inpaint.evaluation.evaluate import Evaluation, Example
from inpaint.evaluation.report import HEADINGS, LEGEND, Block, blocks
from inpaint.files import write_text

OUTLINE = torch.tensor([255, 0, 160], dtype=torch.uint8).view(3, 1, 1)  # a colour that pictures seldom hold

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fafafa; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; background: #fff; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
td.best { font-weight: 700; }
.example { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 1.6rem; }
h3 { margin: 1.2rem 0 0; font-size: 1rem; font-weight: 500; color: #666; }
.example + h3 { margin-top: 0; }
figure { margin: 0; }
figure img { display: block; image-rendering: pixelated; }
figcaption { font-size: .85rem; text-align: center; }
figcaption span { color: #666; }
"""


def page(evaluation: Evaluation, *, title: str = "Evaluation") -> str:
    """Write the HTML page: per case its table, then the examples as input, baselines, restorers, target."""
    sections = "\n".join(_section(block, evaluation.examples) for block in blocks(evaluation))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(LEGEND)} in bold; {evaluation.count} pictures, seed {evaluation.seed}. The number under a picture is its
PSNR over the mask in dB. The outline shows the mask and is not part of the picture.</p>
{sections}
</body>
</html>
"""


def write_page(evaluation: Evaluation, path: Path | str, *, title: str = "Evaluation") -> None:
    """Write the HTML page, atomically."""
    write_text(path, page(evaluation, title=title))


def outlined(image: Tensor, mask: Tensor) -> Tensor:
    """Draw the known pixels that touch the mask in colour.  image: (3, H, W) uint8.  mask: (1, H, W)."""
    rim = (max_pool2d(mask[None], 3, stride=1, padding=1)[0] > 0.5) & (mask < 0.5)  # (1, H, W)
    return torch.where(rim, OUTLINE, image)


def _section(block: Block, examples: Sequence[Example]) -> str:
    heading = "".join(f"<th>{escape(text)}</th>" for text in HEADINGS)
    lines = []
    for method, cells in block.lines:
        numbers = "".join(f'<td class="best">{c.text}</td>' if c.best else f"<td>{c.text}</td>" for c in cells)
        lines.append(f"<tr><td>{escape(method)}</td>{numbers}</tr>")
    shown = "\n".join(_figures(example) for example in examples if example.case == block.case)
    return (
        f"<section>\n<h2>{escape(block.case)}</h2>\n<table>\n<thead><tr>{heading}</tr></thead>\n"
        f"<tbody>{''.join(lines)}</tbody>\n</table>\n{shown}\n</section>"
    )


def _figures(example: Example) -> str:
    """Write one example; doing nothing is the input itself, so its number stands under the input."""
    nothing = next((example.psnr[name] for name in (DO_NOTHING, NEAREST) if name in example.psnr), None)
    figures = [_figure(outlined(example.image, example.mask), "input", nothing)]
    figures += [
        _figure(restored, method, example.psnr[method])
        for method, restored in example.restored.items()
        if method not in (DO_NOTHING, NEAREST)
    ]
    figures.append(_figure(example.target, "target", None))
    return f'<h3>{escape(example.name)}</h3>\n<div class="example">{"".join(figures)}</div>'


def _figure(image: Tensor, caption: str, value: float | None) -> str:
    stream = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).contiguous().numpy()).save(stream, format="PNG")
    source = base64.b64encode(stream.getvalue()).decode("ascii")
    number = "&nbsp;" if value is None else f"{value:.2f}"
    return (
        f'<figure><img src="data:image/png;base64,{source}" alt="{escape(caption)}" width="{image.shape[2]}" '
        f'height="{image.shape[1]}"><figcaption>{escape(caption)}<br><span>{number}</span></figcaption></figure>'
    )
