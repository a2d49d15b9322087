"""A dataset as one HTML file that needs nothing beside it: tables, histograms, a heat map and contact sheets."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from inpaint.builders.report.statistics import Statistics
from inpaint.files import write_text
from inpaint.images import read

THUMBNAIL = 112  # px, longer side
QUALITY = 80  # of the JPEG thumbnails
HISTOGRAMS = {
    "sides": ("Shorter side of the pictures, px", "pictures"),
    "aspects": ("Longer to shorter side of the pictures", "pictures"),
    "scales": ("Scale at which patches were cut", "patches"),
    "shares": ("Share of a patch to be restored", "baked samples"),
    "blocks": ("Height of a mosaic cell, px", "baked samples"),
    "masks": ("Masks", "baked samples"),
    "fills": ("Fills", "baked samples"),
}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 68rem; color: #222;
  background: #fafafa; }
h1 { margin: 0 0 .3rem; font-size: 1.6rem; }
h2 { margin: 1.8rem 0 .5rem; font-size: 1.15rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; background: #fff; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.2rem 2rem; }
.tiles h3 { margin: 0 0 .3rem; font-size: .95rem; font-weight: 600; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px .6rem; align-items: center;
  font-size: .85rem; font-variant-numeric: tabular-nums; }
.bars i { display: block; height: .85rem; background: #4477aa; border-radius: 2px; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(84px, 112px)); gap: 4px; }
.sheet img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #eee; display: block; }
figure { margin: 0; }
figcaption, .note { font-size: .75rem; color: #666; overflow-wrap: anywhere; line-height: 1.25; }
.gone { aspect-ratio: 1; background: #eee; display: grid; place-items: center; font-size: .75rem; color: #666; }
svg { width: 100%; max-width: 17rem; height: auto; background: #fff; }
"""

ReadPicture = Callable[[str], bytes]


def page(
    statistics: Statistics, dataset: Path, *, title: str | None = None, rejected: ReadPicture | None = None
) -> str:
    """Write the page.

    rejected: gives the file of a rejected picture by the name of its source, and raises ValueError or OSError where it
    is gone; without it the rejected pictures are named and not shown.
    """
    name = escape(title or f"Dataset {dataset.resolve().name}")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{name}</h1>
{"".join(_sections(statistics, dataset, rejected))}
</body>
</html>
"""


def write_page(
    statistics: Statistics, dataset: Path, *, title: str | None = None, rejected: ReadPicture | None = None
) -> None:
    """Write DATASET/report.html."""
    write_text(dataset / "report.html", page(statistics, dataset, title=title, rejected=rejected))


def _sections(statistics: Statistics, dataset: Path, rejected: ReadPicture | None) -> Iterable[str]:
    """Yield the sections of the page, without those that would be empty."""
    rows = [
        (split, statistics.groups[split], statistics.pictures[split], count)
        for split, count in statistics.patches.items()
    ]
    yield _table(("split", "groups", "pictures", "patches"), rows)
    if statistics.mean and statistics.std:
        yield f"<p class=note>Training patches: mean {_numbers(statistics.mean)}, standard deviation "
        yield f"{_numbers(statistics.std)} (RGB in 0 to 1).</p>\n"
    if statistics.rejected:
        yield "<h2>Rejected pictures</h2>\n" + _table(("rule", "pictures"), statistics.rejected.items())
    if statistics.licences:
        yield f"<h2>Licences</h2>\n<p class=note>{statistics.authors} authors are named.</p>\n"
        yield _table(("licence", "patches"), statistics.licences.items())
    tiles = [
        f"<div><h3>{escape(heading)}</h3>{_bars(getattr(statistics, field))}<p class=note>{unit}</p></div>"
        for field, (heading, unit) in HISTOGRAMS.items()
        if getattr(statistics, field)
    ]
    if any(map(any, statistics.heat)):
        tiles.append(f"<div><h3>Where in their pictures patches lie</h3>{_heat(statistics.heat)}</div>")
    if tiles:
        yield f'<h2>Distributions</h2>\n<div class="tiles">{"".join(tiles)}</div>\n'
    yield "<h2>Largest groups</h2>\n" + _table(("group", "patches"), statistics.largest_groups.items())
    for split, files in statistics.examples.items():
        figures = [_figure(lambda file=file: (dataset / file).read_bytes(), "", file) for file in files]
        yield f'<h2>{escape(split)}</h2>\n<div class="sheet">{"".join(figures)}</div>\n'
    for rule, examples in statistics.rejected_examples.items():
        yield f"<h2>Rejected: {escape(rule)} ({statistics.rejected[rule]})</h2>\n"
        yield _rejected(examples, rejected)


def _rejected(examples: Sequence[Mapping[str, str]], picture: ReadPicture | None) -> str:
    if picture is None:
        return _table(("picture", "why"), [(it["source"], it["detail"]) for it in examples])
    show = picture
    figures = [
        _figure(lambda it=it: show(it["source"]), f"{it['source']}: {it['detail']}", it["source"]) for it in examples
    ]
    return f'<div class="sheet">{"".join(figures)}</div>\n'


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(f'{it:,}' if isinstance(it, int) else str(it))}</td>" for it in row) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n'


def _bars(counts: Mapping[str, int]) -> str:
    """Draw a histogram as rows of a label, a bar and a number."""
    most = max(counts.values()) or 1
    rows = (
        f'<span>{escape(label)}</span><i style="width:{100 * count / most:.1f}%"></i><span>{count:,}</span>'
        for label, count in counts.items()
    )
    return f'<div class="bars">{"".join(rows)}</div>'


def _heat(cells: Sequence[Sequence[float]]) -> str:
    """Draw the heat map: white = never in a patch, dark blue = most often."""
    squares = "".join(
        f'<rect x="{column}" y="{row}" width="1" height="1" fill="#225588" fill-opacity="{value:.2f}"/>'
        for row, values in enumerate(cells)
        for column, value in enumerate(values)
    )
    return f'<svg viewBox="0 0 {len(cells[0])} {len(cells)}" role="img" shape-rendering="crispEdges">{squares}</svg>'


def _figure(content: Callable[[], bytes], caption: str, name: str) -> str:
    """Show a picture as an embedded JPEG, or say why it cannot be shown."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    try:
        shown = f'<img loading="lazy" alt="{escape(name)}" title="{escape(name)}" src="{_thumbnail(content(), name)}">'
    except (ValueError, OSError):
        shown = '<div class="gone">cannot be shown</div>'
    return f"<figure>{shown}{said}</figure>"


def _thumbnail(data: bytes, name: str) -> str:
    """Return a small JPEG of a picture as a data URL; what is transparent becomes white."""
    picture = read(name, data=data)
    factor = min(1.0, THUMBNAIL / max(picture.size))
    size = tuple(max(1, round(side * factor)) for side in picture.size)
    colour = cv2.resize(picture.tensor().permute(1, 2, 0).numpy(), size[::-1], interpolation=cv2.INTER_AREA)
    if picture.alpha is not None:
        alpha = picture.alpha.astype(np.float32) / picture.peak
        alpha = cv2.resize(alpha, size[::-1], interpolation=cv2.INTER_AREA)[:, :, None]
        colour = colour * alpha + 1 - alpha
    levels = np.rint(colour[:, :, ::-1] * 255).astype(np.uint8)
    done, file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return f"data:image/jpeg;base64,{base64.b64encode(file.tobytes()).decode('ascii')}"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
