"""Curves of an evaluation as SVG inside a page: how many pictures a method restores at least so well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from inpaint.pages import render_template

CURVE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")  # Okabe, Ito
MOST_POINTS = 80  # of one curve; a longer one is thinned
WIDTH, HEIGHT, MARGIN = 460, 220, 34  # px
CURVES_TEMPLATE = """<figure class="curves">
<svg viewBox="0 0 {{ width + 16 }} {{ height + 46 }}" role="img" aria-label="{{ title }}">
{% for y, label in rows %}
<line x1="{{ margin }}" x2="{{ width }}" y1="{{ y }}" y2="{{ y }}"/><text x="{{ margin - 4 }}" y="{{ y + 4 }}"
 text-anchor="end">{{ label }}</text>
{% endfor %}
{% for x, label in columns %}
<text x="{{ x }}" y="{{ height + 16 }}" text-anchor="middle">{{ label }}</text>
{% endfor %}
<text x="{{ (width + margin) // 2 }}" y="{{ height + 34 }}" text-anchor="middle">{{ title }}</text>
{% for name, colour, points in curves %}
<polyline points="{{ points }}" stroke="{{ colour }}"><title>{{ name }}</title></polyline>
{% endfor %}
</svg>
<figcaption>{% for name, colour, points in curves %}<span style="color:{{ colour }}">&#9644;</span> {{ name }}&ensp;
{% endfor %}</figcaption></figure>"""


def share_curves(values: Mapping[str, Sequence[float]], *, title: str, better: str) -> Markup:
    """Draw for every method the share of the pictures that reach a number, over that number.

    values: the numbers of pictures by method, NaN left out.  better: "lower" counts the pictures at or below a number.
    Returns nothing for fewer than two pictures, of which there is no curve.
    """
    arrays = {name: np.sort([it for it in numbers if np.isfinite(it)]) for name, numbers in values.items()}
    arrays = {name: numbers for name, numbers in arrays.items() if len(numbers) > 1}
    if not arrays:
        return Markup()
    low, high = min(it[0] for it in arrays.values()), max(it[-1] for it in arrays.values())
    room = max(high - low, 1e-9)

    def across(value: float) -> float:
        return MARGIN + (value - low) / room * (WIDTH - MARGIN)

    def down(share: float) -> float:
        return 8 + (1 - share) * (HEIGHT - 8)

    curves = []
    for number, (name, ordered) in enumerate(arrays.items()):
        shares = (np.arange(len(ordered)) + 1) / len(ordered)
        if better != "lower":
            shares = 1 - np.arange(len(ordered)) / len(ordered)
        chosen = np.unique(np.linspace(0, len(ordered) - 1, min(MOST_POINTS, len(ordered))).round().astype(int))
        points = " ".join(f"{across(float(ordered[it])):.0f},{down(float(shares[it])):.0f}" for it in chosen)
        curves.append((name, CURVE_COLOURS[number % len(CURVE_COLOURS)], points))
    digits = max(0, 1 - int(np.floor(np.log10(room))))
    return render_template(
        CURVES_TEMPLATE,
        title=title,
        width=WIDTH,
        height=HEIGHT,
        margin=MARGIN,
        rows=[(down(share), f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)],
        columns=[(across(low + part * room), f"{low + part * room:.{digits}f}") for part in (0, 0.25, 0.5, 0.75, 1)],
        curves=curves,
    )
