"""Pictures to look at: of each case the one that was restored best, the median one and the worst one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from inpaint.evaluation.baselines import to_bytes
from inpaint.evaluation.damaging import Damaged
from inpaint.evaluation.measuring import Measuring, Subject
from inpaint.evaluation.methods import Answer, NoAnswer
from inpaint.evaluation.picture_numbers import PictureNumbers
from inpaint.metrics import Metric
from inpaint.metrics.pixelwise import psnr

EXAMPLE_SIDE = 192  # pixels, side of the window of an example


class Example(NamedTuple):
    """One picture for the page, cut to a window around the mask."""

    case: str
    name: str
    mask: Tensor  # (1, h, w)
    target: Tensor  # (3, h, w) uint8
    image: Tensor  # (3, h, w) uint8, what the methods were given
    restored: dict[str, Tensor]  # method -> (3, h, w) uint8
    psnr: dict[str, float]  # method -> dB, over the whole mask
    place: str = ""  # where it stands among the pictures: "best", "median", "worst", by whom and by which number


def examples_of(
    records: Sequence[PictureNumbers], subjects: Sequence[Subject], measuring: Measuring, method: str, *, keep: int
) -> list[Example]:
    """Restore again what shall be looked at: pictures of every case from the best to the worst.

    method: by whose numbers they are ordered; on a case that it has none of, by those of the last method there.
    """
    name = next((it for it, metric in measuring.metrics.items() if metric.whole_set is None), None)
    examples = []
    for case in measuring.cases if keep else ():
        here = [record for record in records if record.case == case.name]
        methods = [it.method for it in here]
        chosen = method if method in methods else (methods or [method])[-1]
        ordered = [record for record in here if record.method == chosen]
        if name is not None:
            ordered.sort(key=lambda record: _merit(record.scores[name], measuring.metrics[name]), reverse=True)
        for number in sorted({round(step * (len(ordered) - 1) / max(keep - 1, 1)) for step in range(keep)}):
            if number < len(ordered):
                record = ordered[number]
                heading = "" if name is None else measuring.metrics[name].heading
                place = _place_in_words(number, len(ordered), chosen, heading)
                example = _example(subjects[record.index], case.name, measuring)
                examples.append(example._replace(place=place))
    return examples


def _merit(value: float, metric: Metric) -> float:
    """Return a number that is higher for the better of two."""
    if value != value:
        return float("-inf")
    return {"higher": value, "lower": -value, "near one": -abs(value - 1)}[metric.better]


def _place_in_words(number: int, count: int, method: str, heading: str) -> str:
    if count < 3 or not heading:
        return ""
    words = {0: "best", (count - 1) // 2: "median", count // 2: "median", count - 1: "worst"}
    return f"{words.get(number, f'{number + 1} of {count}')} of {count} by {heading} of {method}"


def _example(subject: Subject, name: str, measuring: Measuring) -> Example:
    """Damage and restore a picture as it was measured, and cut it to a window."""
    case = next(it for it in measuring.cases if it.name == name)
    target = subject.target()
    damaged = measuring.damaged(subject, target, case)
    assert damaged is not None
    answers: dict[str, Answer] = {}
    for method in measuring.methods[name]:
        try:
            answers[method.name] = method.answer(subject.name, case, damaged)
        except NoAnswer:  # said among what was skipped
            continue
    return cut_example(name, subject.name, damaged, target if damaged.target is None else damaged.target, answers)


def cut_example(case: str, name: str, damaged: Damaged, target: Tensor, answers: dict[str, Answer]) -> Example:
    """Cut a window around the middle of the mask, as large as EXAMPLE_SIDE and the picture allow."""
    points = damaged.mask[0].nonzero()  # (pixels, 2)
    window = []
    for side, low, high in zip(target.shape[-2:], points.amin(0).tolist(), points.amax(0).tolist(), strict=True):
        start = min(max((low + high + 1 - EXAMPLE_SIDE) // 2, 0), max(side - EXAMPLE_SIDE, 0))
        window.append(slice(start, start + EXAMPLE_SIDE))
    cut = (..., *window)
    return Example(
        case,
        name,
        damaged.mask[cut].clone(),
        to_bytes(target)[cut].clone(),
        to_bytes(damaged.image)[cut].clone(),
        {method: answer.restored[cut].clone() for method, answer in answers.items()},
        {
            method: psnr(answer.restored.float()[None] / 255, target[None], damaged.mask[None]).item()
            for method, answer in answers.items()
        },
    )
