"""A dataset as one HTML file that needs nothing beside it: tables, histograms, a heat map and contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup

from inpaint.builders.report.statistics import Statistics
from inpaint.files import write_text
from inpaint.images import read
from inpaint.pages import html_bars, html_figure, html_page, html_table, render_template, thumbnail_url

PICTURE_THUMBNAIL_SIDE = 112  # px, longer side
DISTRIBUTIONS = {
    "sides": ("Shorter side of the pictures, px", "pictures"),
    "aspects": ("Longer to shorter side of the pictures", "pictures"),
    "scales": ("Scale at which patches were cut", "patches"),
    "shares": ("Share of a patch to be restored", "baked samples"),
    "blocks": ("Height of a mosaic cell, px", "baked samples"),
    "masks": ("Masks", "baked samples"),
    "fills": ("Fills", "baked samples"),
    "labels": ("Labels", "patches"),
    "marked": ("Share of a patch that is annotated", "patches"),
}
DATASET_STYLE = """
body { max-width: 68rem; margin: 0 auto; }
.numbers th, .numbers td { padding: .2rem .7rem; }
.numbers td:first-child { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.2rem 2rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(84px, 112px)); gap: 4px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 12px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; border: 1px solid #ddd; padding: 4px; }
.pair img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #eee; }
.sheet img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #eee; }
svg { width: 100%; max-width: 17rem; height: auto; background: #fff; }
"""
DATASET_BODY = """{{ splits }}
{% if check %}<p class="note">{{ check }}</p>{% endif %}
{% if statistics.mean and statistics.std %}
<p class="note">Training patches: mean {{ numbers(statistics.mean) }}, standard deviation
{{ numbers(statistics.std) }} (RGB in 0 to 1).</p>
{% endif %}
{% if statistics.rejected %}
<h2>Rejected pictures</h2>
{{ table(("rule", "pictures"), statistics.rejected.items()) }}
{% endif %}
{% if statistics.licences %}
<h2>Licences</h2>
<p class="note">{{ statistics.authors }} {{ "author is" if statistics.authors == 1 else "authors are" }} named.</p>
{{ table(("licence", "patches"), statistics.licences.items()) }}
{% endif %}
{% if tiles %}
<h2>Distributions</h2>
<div class="tiles">
{% for heading, content, unit in tiles %}
<div><h3>{{ heading }}</h3>{{ content }}{% if unit %}<p class="note">{{ unit }}</p>{% endif %}</div>
{% endfor %}
</div>
{% endif %}
<h2>Largest groups</h2>
{% for group, count in statistics.largest_groups.items() %}
<p class="note">{{ group }}: {{ count }} patches</p>
<div class="sheet">{% for file in statistics.group_examples[group] %}{{ patch(file) }}{% endfor %}</div>
{% endfor %}
{% for split, files in statistics.examples.items() %}
<h2>{{ split }}</h2>
<div class="sheet">{% for file in files %}{{ patch(file) }}{% endfor %}</div>
{% endfor %}
{% for rule, examples in statistics.rejected_examples.items() %}
<h2>Rejected: {{ rule }} ({{ statistics.rejected[rule] }})</h2>
{{ rejected(examples) }}
{% endfor %}
"""
PICTURE_SHEET = """<div class="sheet">{% for figure in figures %}{{ figure }}{% endfor %}</div>"""
PAIR_SHEET = """<div class="pairs">{% for pair in pairs %}
<div class="pair">{% for figure in pair %}{{ figure }}{% endfor %}</div>{% endfor %}</div>"""
HEAT_MAP = """<svg viewBox="0 0 {{ cells[0] | length }} {{ cells | length }}" role="img" shape-rendering="crispEdges">
{%- for row in cells %}{% set y = loop.index0 %}{% for value in row -%}
<rect x="{{ loop.index0 }}" y="{{ y }}" width="1" height="1" fill="#225588" fill-opacity="{{ '%.2f' % value }}"/>
{%- endfor %}{% endfor %}</svg>"""

ReadPicture = Callable[[str], bytes]


def dataset_page(
    statistics: Statistics,
    dataset: Path,
    *,
    title: str | None = None,
    rejected: ReadPicture | None = None,
    check: str = "",
) -> str:
    """Write the page.

    rejected: gives the file of a rejected picture by the name of its source, and raises ValueError or OSError where it
    is gone; without it the rejected pictures are named and not shown.  check: what was tested again, in sentences.
    """
    splits = [
        (split, statistics.groups[split], statistics.pictures[split], count)
        for split, count in statistics.patches.items()
    ]
    body = render_template(
        DATASET_BODY,
        statistics=statistics,
        splits=html_table(("split", "groups", "pictures", "patches"), splits),
        tiles=_tiles(statistics),
        table=html_table,
        check=check,
        numbers=lambda values: ", ".join(f"{value:.3f}" for value in values),
        patch=lambda file: _figure(lambda: (dataset / file).read_bytes(), "", file),
        rejected=lambda examples: _rejected(examples, rejected),
    )
    return html_page(title or f"Dataset {dataset.resolve().name}", body, style=DATASET_STYLE)


def write_dataset_page(
    statistics: Statistics,
    dataset: Path,
    *,
    title: str | None = None,
    rejected: ReadPicture | None = None,
    check: str = "",
) -> None:
    """Write DATASET/report.html."""
    write_text(dataset / "report.html", dataset_page(statistics, dataset, title=title, rejected=rejected, check=check))


def _tiles(statistics: Statistics) -> list[tuple[str, Markup, str]]:
    """Return heading, drawing and unit of every distribution that is known."""
    tiles = [
        (heading, html_bars(getattr(statistics, field)), unit)
        for field, (heading, unit) in DISTRIBUTIONS.items()
        if getattr(statistics, field)
    ]
    if any(map(any, statistics.heat)):  # white = never in a patch, dark blue = most often
        tiles.append(("Where in their pictures patches lie", render_template(HEAT_MAP, cells=statistics.heat), ""))
    return tiles


def _rejected(examples: Sequence[Mapping[str, str]], picture: ReadPicture | None) -> Markup:
    if picture is None:
        return html_table(("picture", "why"), [(it["source"], it["detail"]) for it in examples], numbers=False)
    show = picture
    if any("partner" in it for it in examples):
        pairs = [_pair(it, show) for it in examples]
        return render_template(PAIR_SHEET, pairs=pairs)
    figures = [
        _figure(lambda it=it: show(it["source"]), f"{it['source']}: {it['detail']}", it["source"]) for it in examples
    ]
    return render_template(PICTURE_SHEET, figures=figures)


def _pair(example: Mapping[str, str], show: ReadPicture) -> tuple[Markup, Markup]:
    """Return a rejected picture and, beside it, the one that is kept instead and why."""
    name, partner = example["source"], example.get("partner", "")
    why = example["detail"].replace(f"looks like {partner}, which ", "").replace(f"the same pixels as {partner}", "")
    kept = f"kept: {partner}" + (f" {why}" if why else "; the same pixels")
    return _figure(lambda: show(name), f"rejected: {name}", name), _figure(lambda: show(partner), kept, partner)


def _figure(content: Callable[[], bytes], caption: str, name: str) -> Markup:
    """Show a picture as an embedded JPEG, or say that it cannot be shown."""
    try:
        picture = read(name, data=content())
    except (ValueError, OSError):
        return html_figure(None, name, caption=caption)
    colour = picture.tensor().permute(1, 2, 0).numpy()  # (H, W, 3)
    alpha = None if picture.alpha is None else picture.alpha.astype(np.float32) / picture.peak
    return html_figure(thumbnail_url(colour, alpha, side=PICTURE_THUMBNAIL_SIDE), name, caption=caption)
