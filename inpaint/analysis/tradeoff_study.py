"""What restoring trades: nearness to the original against looking like a picture, for networks and blends of two.

Source: Blau and Michaeli, "The perception-distortion tradeoff", 2018: below some error no method can look more natural
without a larger error.  Without weights for LPIPS or FID, how natural an answer is, is told by how much detail it has
beside the original: 1 - detail or 1 - 1 / detail, whichever is above 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from inpaint.analysis.blends import alike, blended
from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure, write_numbers
from inpaint.evaluation.cases import Case
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.methods import Restore
from inpaint.evaluation.rows import Row
from inpaint.metrics import ALL_METRICS, Metric

DISTORTION = "psnr_mask"
DETAIL = "detail_mask"


def study_tradeoff(
    pictures: Sequence[tuple[str, Tensor | Callable[[], Tensor]]],
    restorers: Mapping[str, Restore],
    cases: Sequence[Case],
    folder: Path,
    *,
    blend: tuple[str, str] | None = None,
    steps: int = 5,
    perception: tuple[str, Metric] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Write tradeoff.png and tradeoff.json; return what the JSON holds.

    blend: two names of restorers, between which `steps` - 2 blends are measured as well.  perception: a metric whose
    lower numbers are more natural, with its name, such as LPIPS; else how much detail is missing or too much.
    Raises ValueError for a blend of names that are not there.
    """
    measured = dict(restorers)
    line: list[str] = []
    if blend is not None:
        if missing := [name for name in blend if name not in restorers]:
            raise ValueError(f"{missing[0]!r} cannot be blended: choose two of {', '.join(restorers)}")
        shares = [step / (steps - 1) for step in range(steps)]
        line = [blend[0], *(f"{share:.0%} {blend[1]}" for share in shares[1:-1]), blend[1]]
        pair = restorers[blend[0]], restorers[blend[1]]
        measured |= {name: blended(*pair, share) for name, share in zip(line[1:-1], shares[1:-1], strict=True)}
    metrics = {name: ALL_METRICS[name] for name in (DISTORTION, DETAIL)} | dict([perception] if perception else [])
    found = evaluate(measured, pictures, cases=cases, seed=seed, metrics=metrics, keep=0)
    name = perception[0] if perception else DETAIL
    points: dict[str, dict[str, tuple[float, float]]] = {case.name: {} for case in cases}
    for row in found.rows:
        points[row.case][row.method] = (row.scores[DISTORTION], _unnatural(row, name))
    heading = perception[1].heading if perception else "detail missing or too much"
    _draw_plane(folder / "tradeoff.png", points, line, heading)
    numbers = {
        "pictures": found.count,
        "distortion": DISTORTION,
        "perception": heading,
        "blends": {
            "names": line,
            "how": "weights" if blend and alike(*(restorers[it] for it in blend)) else "answers",
        }
        if blend
        else None,
        "points": {
            case: [{"method": method, "psnr": it[0], "unnatural": it[1]} for method, it in methods.items()]
            for case, methods in points.items()
        },
    }
    write_numbers(folder / "tradeoff.json", numbers)
    return numbers


def _unnatural(row: Row, name: str) -> float:
    value = row.scores[name]
    return value if name != DETAIL else max(1 - value, 1 - 1 / max(value, 1e-6))


def _draw_plane(
    path: Path, points: Mapping[str, Mapping[str, tuple[float, float]]], line: Sequence[str], heading: str
) -> None:
    with drawn_figure(path, 1, len(points), size=(4.6, 3.8)) as axes:
        for axis, (case, methods) in zip(axes[0], points.items(), strict=True):
            between = [methods[name] for name in line if name in methods]
            if between:
                axis.plot(*zip(*between, strict=True), "-", color="#bbbbbb", linewidth=1, zorder=1)
            for number, (method, (x, y)) in enumerate(methods.items()):
                blend = method in line[1:-1]
                colour = "#888888" if blend else FIGURE_COLOURS[number % len(FIGURE_COLOURS)]
                axis.plot(x, y, "." if blend else "o", color=colour, zorder=2)
                axis.annotate(method, (x, y), fontsize=6 if blend else 8, xytext=(4, 4), textcoords="offset points")
            axis.set_xlabel("PSNR over the mask, dB (more = nearer)", fontsize=9)
            axis.set_ylabel(f"{heading} (less = more natural)", fontsize=9)
            axis.set_title(case, fontsize=10)
            axis.margins(0.18)
