"""Measuring one picture after another: damage it, restore it by every method, note the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from inpaint.evaluation.baselines import to_bytes
from inpaint.evaluation.cases import Case
from inpaint.evaluation.costs import Cost, cost_of
from inpaint.evaluation.damaging import Damaged, damage, picture_key, touches_border
from inpaint.evaluation.methods import Called, Method, NoAnswer
from inpaint.evaluation.picture_numbers import NumbersFile, PictureNumbers, SkippedPicture, record_key
from inpaint.metrics import Metric
from inpaint.metrics.scoring import MeasuredScene, observe, score
from inpaint.metrics.ssim import SSIM_REACH

Numbers = dict[str, Any]  # the fields of `PictureNumbers` that restoring gives


class Subject(NamedTuple):
    """A picture of a run."""

    index: int
    name: str
    pixels: Tensor | Callable[[], Tensor]  # (3, H, W) in [0, 1], or what reads them

    def target(self) -> Tensor:
        """Return the original as a file of 8 bits holds it.

        Raises ValueError or OSError for one that cannot be read, ValueError for one that is too small to be measured.
        """
        pixels = self.pixels if isinstance(self.pixels, Tensor) else self.pixels()
        if min(pixels.shape[-2:]) <= SSIM_REACH:
            raise ValueError(
                f"{self.name} has {pixels.shape[-1]} x {pixels.shape[-2]} pixels: "
                f"to be measured both sides must exceed {SSIM_REACH}"
            )
        return to_bytes(pixels.detach().cpu()).float() / 255


class Measuring:
    """Measures pictures, and keeps what was found and what had to be left out."""

    def __init__(
        self,
        methods: Mapping[str, Sequence[Method]],
        cases: Sequence[Case],
        metrics: Mapping[str, Metric],
        *,
        seed: int,
        baked: Callable[[int, Case], Damaged | None] | None,
        file: NumbersFile,
        costs: bool,
    ) -> None:
        """Say what is compared on every case, by its name, and by what metrics; costs: count what networks compute."""
        self.methods, self.cases, self.metrics = methods, cases, metrics
        self.seed, self.baked, self.file = seed, baked, file
        self.counting = costs
        self.records: list[PictureNumbers] = []
        self.skipped: list[SkippedPicture] = []
        self.costs: dict[tuple[str, str], Cost] = {}

    def measure(self, subject: Subject) -> None:
        """Measure one picture on every case; what it cannot be measured on is noted as skipped."""
        try:
            target = subject.target()
        except (ValueError, OSError) as error:
            self.skipped.append(SkippedPicture(subject.index, subject.name, str(error)))
            return
        for case in self.cases:
            try:
                damaged = self.damaged(subject, target, case)
            except (ValueError, OSError) as error:
                self.skipped.append(SkippedPicture(subject.index, subject.name, str(error), case.name))
                continue
            if damaged is not None:
                self.measure_case(subject, case, damaged, target if damaged.target is None else damaged.target)
        self.file.flush()

    def damaged(self, subject: Subject, target: Tensor, case: Case) -> Damaged | None:
        """Damage a picture, or take the damage that was baked in; None where there is none."""
        if not case.baked:
            return damage(target, case, seed=self.seed, key=picture_key(subject.name, target))
        found = None if self.baked is None else self.baked(subject.index, case)
        if found is not None and found.image.shape != target.shape:
            raise ValueError(f"{subject.name} was baked with another size: {tuple(found.image.shape)}")
        return found

    def measure_case(self, subject: Subject, case: Case, damaged: Damaged, target: Tensor) -> None:
        scene = MeasuredScene(target, damaged.mask, damaged.image, damaged.grid)
        told = {
            "index": subject.index,
            "picture": subject.name,
            "case": case.name,
            "censor": case.censor,
            "share": float(damaged.mask.mean()),
            "touching": touches_border(damaged.mask),
            "block": "" if damaged.grid is None else " x ".join(map(str, damaged.grid.block)),
        }
        place = picture_key(subject.name, target)
        context = picture_key("", damaged.image) if case.baked else ""
        for method in self.methods[case.name]:
            key = record_key(method.identity, case, self.seed, place, context)
            found = self.file.find(key, self.metrics)
            try:
                numbers = self.numbers(method, subject, case, damaged, scene) if found is None else found
            except NoAnswer as reason:
                self.skipped.append(SkippedPicture(subject.index, subject.name, str(reason), case.name, method.name))
                continue
            fields = {name: numbers[name] for name in ("scores", "seconds", "changed", "noted")}
            record = PictureNumbers(method=method.name, **told, **fields)
            self.records.append(record)
            if found is None:
                self.file.add(key, record)
            if self.counting and isinstance(method, Called) and not method.baseline:
                place_of_cost = case.name, method.name
                if place_of_cost not in self.costs:
                    self.costs[place_of_cost] = cost_of(method.restore, case, damaged)

    def numbers(self, method: Method, subject: Subject, case: Case, damaged: Damaged, scene: MeasuredScene) -> Numbers:
        """Restore a picture by one method and measure it."""
        answer = method.answer(subject.name, case, damaged)
        restored = answer.restored.float() / 255
        return {
            "scores": score(restored, scene, self.metrics),
            "noted": observe(restored, scene, self.metrics),
            "seconds": answer.seconds,
            "changed": answer.changed,
        }
