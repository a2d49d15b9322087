"""What all HTML reports share: the shell and style of a page, tables, bars, figures, and pictures inside the page.

Whatever goes into a template is escaped by Jinja2, so a file's name never becomes markup; what is returned as Markup is
safe to stand in a page.  A page needs nothing beside it: its style and its pictures lie in the file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup
from PIL import Image

JPEG_QUALITY = 80  # of thumbnails
SHELL_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; padding: 1rem 2rem 3rem; color: #222; background: #fafafa; }
h1 { margin: 0 0 .3rem; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 1.8rem 0 .5rem; font-size: 1.15rem; }
h3 { margin: 0 0 .3rem; font-size: .95rem; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; background: #fff; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
.numbers th, .numbers td, td.number { text-align: right; }
.numbers th:first-child, .numbers td:first-child { text-align: left; }
td.best { font-weight: 700; }
figure { margin: 0; }
figure img { display: block; }
figcaption, .note { font-size: .75rem; color: #666; overflow-wrap: anywhere; line-height: 1.25; }
.gone { aspect-ratio: 1; background: #eee; display: grid; place-items: center; font-size: .75rem; color: #666; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px .6rem; align-items: center;
  font-size: .85rem; font-variant-numeric: tabular-nums; }
.bars i { display: block; height: .85rem; background: #4477aa; border-radius: 2px; }
@media (max-width: 40rem) { body { padding: 1rem 1rem 2rem; } }
"""
SHELL_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<h1>{{ title }}</h1>
{{ body }}
{% if script %}<script>{{ script }}</script>
{% endif %}
</body>
</html>
"""
TABLE_TEMPLATE = """<div class="wide"><table{% if numbers %} class="numbers"{% endif %}>
<thead><tr>{% for heading in headings %}<th>{{ heading }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr{% if row.kind %} class="{{ row.kind }}"{% endif %}>
{%- for cell in row.cells %}<td{% if cell.kind %} class="{{ cell.kind }}"{% endif %}>{{ cell.content }}</td>
{%- endfor %}</tr>
{% endfor %}
</tbody>
</table></div>
"""
FIGURE_TEMPLATE = """<figure>
{%- if picture -%}
<img loading="lazy" alt="{{ name }}" title="{{ name }}" src="{{ picture }}"
{%- if size %} width="{{ size[1] }}" height="{{ size[0] }}"{% endif %}>
{%- else %}<div class="gone">cannot be shown</div>
{%- endif %}
{%- if caption or note %}<figcaption>{{ caption }}{% if note %}<br><span>{{ note }}</span>{% endif %}</figcaption>
{%- endif %}</figure>"""
BARS_TEMPLATE = """<div class="bars">
{%- for label, count in counts.items() %}
<span>{{ label }}</span><i style="width:{{ '%.1f' % (100 * count / most) }}%"></i>
<span>{{ '{:,}'.format(count) }}</span>
{%- endfor %}</div>"""


class HtmlCell(NamedTuple):
    """The content of a table's cell, and the class by which it is styled: "number", "best" or one of the page's own."""

    content: object
    kind: str = ""


class HtmlRow(NamedTuple):
    """The cells of a table's row, and the class by which it is styled."""

    cells: Sequence[HtmlCell]
    kind: str = ""


def html_page(title: str, body: Markup, *, style: str = "", script: str = "") -> str:
    """Return a whole page.  style, script: CSS and JavaScript of this page, beside what all pages have."""
    return render_template(
        SHELL_TEMPLATE, title=title, style=Markup(SHELL_STYLE + style), body=body, script=Markup(script)
    )


def render_template(template: str, **values: Any) -> Markup:
    """Fill a Jinja2 template; all values but Markup are escaped, and one that is missing is an error."""
    return Markup(_compiled(template).render(values))


def html_table(headings: Sequence[str], rows: Iterable[Sequence[object] | HtmlRow], *, numbers: bool = True) -> Markup:
    """Return a table; whole numbers get a comma after thousands.

    numbers: all columns but the first hold numbers, which stand on the right.
    """
    return render_template(TABLE_TEMPLATE, headings=headings, rows=map(_row, rows), numbers=numbers)


def html_bars(counts: Mapping[str, int]) -> Markup:
    """Return a histogram as rows of a label, a bar and a number."""
    return render_template(BARS_TEMPLATE, counts=counts, most=max(counts.values(), default=0) or 1)


def html_figure(
    picture: str | None, name: str, *, caption: str = "", note: str = "", size: tuple[int, int] | None = None
) -> Markup:
    """Return a picture with what is written below it; without a picture, a square that says that there is none to show.

    picture: an address, as data_url returns it.  size: height and width in pixels of the page.
    """
    return render_template(FIGURE_TEMPLATE, picture=picture, name=name, caption=caption, note=note, size=size)


def data_url(data: bytes, kind: str) -> str:
    """Return the address that holds a picture file itself.  kind: "jpeg", "webp" or "png"."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def webp_url(pixels: np.ndarray, *, quality: int) -> str:
    """Return pixels, (H, W, 3) uint8 RGB, as a small file that is nearly the same, as an address."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, format="WEBP", quality=quality, method=4)
    return data_url(stream.getvalue(), "webp")


def png_url(pixels: np.ndarray) -> str:
    """Return pixels, (H, W, 3) uint8 RGB, exactly as they are, as an address."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, format="PNG")
    return data_url(stream.getvalue(), "png")


def thumbnail_url(colour: np.ndarray, alpha: np.ndarray | None = None, *, side: int) -> str:
    """Return a small JPEG of a picture as an address; what is transparent becomes white.

    colour: (H, W, 3) float32 RGB in [0, 1].  alpha: (H, W) float32 in [0, 1].  side: longest, pixels.
    """
    factor = min(1.0, side / max(colour.shape[:2]))
    size = tuple(max(1, round(length * factor)) for length in colour.shape[1::-1])  # width, height
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    if alpha is not None:
        opaque = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)[:, :, None]
        small = small * opaque + 1 - opaque
    levels = np.rint(small[:, :, ::-1] * 255).astype(np.uint8)
    done, file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return data_url(file.tobytes(), "jpeg")


def _row(row: Sequence[object] | HtmlRow) -> HtmlRow:
    if isinstance(row, HtmlRow):
        return row
    return HtmlRow([HtmlCell(f"{it:,}" if isinstance(it, int) else it) for it in row])


@cache
def _compiled(template: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template)
