"""What a run says while it goes: lines of its journal, and its bar."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from tqdm import tqdm

from inpaint import distributed
from inpaint.training.journal import Journal
from inpaint.training.progress import in_words, memory_used
from inpaint.training.trackers import Audience, Begin

if TYPE_CHECKING:
    from inpaint.training.trainer import Trainer

NAMED = 10  # skipped samples that are named on the screen; the journal names all


class Teller:
    """Writes the journal of a trainer, and shows how far it is."""

    def __init__(self, trainer: Trainer, folder: Path, trackers: Mapping[str, Begin]):
        self.trainer = trainer
        self.journal = Journal(folder / "journal.jsonl")
        self.audience = Audience(trackers if distributed.rank() == 0 else {}, self.say)
        self.bar: tqdm | None = None
        self.sums: dict[str, Tensor] = {}
        self.since = (0.0, 0)  # when the last line was written, and how many images had been seen
        self.images = 0
        self.said: set[str] = set()  # what the disk could not take since it last took something
        self.gain: tuple[float, float] | None = None  # of the last validation

    @contextmanager
    def telling(self, bar: tqdm) -> Iterator[None]:
        """Begin the journal where the run begins, and show the bar meanwhile."""
        trainer = self.trainer
        if distributed.rank() == 0:
            # What it says of later steps is about to be said again, and at step 0 all of it.
            self.journal.cut(trainer.step or -1)
            self.audience.begin(trainer.folder, trainer.keeper.whole, trainer.step)
            for line in trainer.keeper.notes:
                self.note(line)
        self.bar = bar
        self.started, self.since = time.monotonic() - trainer.seconds, (time.monotonic(), self.images)
        try:
            yield
        finally:
            self.audience.close()
            bar.close()

    def stepped(self, terms: dict[str, Tensor], images: int) -> None:
        """Take note of a step, and write a line where one is due.  Raises NotFinite as FiniteWatch does."""
        trainer = self.trainer
        self.images += images * distributed.world_size()
        trainer.seconds = time.monotonic() - self.started
        for name, term in terms.items():
            counted = torch.stack([term.float(), torch.ones_like(term, dtype=torch.float32)])
            counted = torch.where(term.isfinite(), counted, 0.0)
            self.sums[name] = self.sums[name] + counted if name in self.sums else counted
        if self.bar is not None:
            self.bar.update()
        due = trainer.due(trainer.every.log)
        if due or trainer.device.type == "cpu":  # elsewhere reading waits for the device
            self.read_watch()
        if due:
            self.log()

    def read_watch(self) -> None:
        for line in self.trainer.watch.read():
            self.note(line)

    def log(self) -> None:
        """Write the means since the last line, and how fast and how well fed the run was meanwhile."""
        trainer, now = self.trainer, time.monotonic()
        stacked = torch.stack(list(self.sums.values())).tolist() if self.sums else []
        losses = {
            name: total / count if count else float("nan")
            for name, (total, count) in zip(self.sums, stacked, strict=True)
        }
        speed = (self.images - self.since[1]) / max(1e-9, now - self.since[0])
        waiting, memory = trainer.clock.share("data"), memory_used(trainer.device)
        rates = {name: player.optimizer.param_groups[0]["lr"] for name, player in trainer.players.items()}
        line = {"step": trainer.step, "seconds": round(trainer.seconds, 1), "images_per_second": round(speed, 2)}
        line |= {
            "seconds_left": round(self.left()),
            "waiting": round(waiting, 4),
            "memory_gb": round(memory, 2),
        }
        line |= {"losses": losses, "raw": raw_losses(losses, trainer.recipe), "rates": rates}
        if trainer.watch.skipped:
            line["skipped_steps"] = trainer.watch.skipped
        self.note(line)
        if self.bar is not None:
            shown = [f"{in_words(self.left())} left", f"{speed:.1f} images/s", f"{waiting:.0%} waiting for data"]
            shown += [f"{memory:.1f} GB", *(f"{name} {value:.4f}" for name, value in losses.items())]
            self.bar.set_postfix_str(", ".join(shown))
        self.sums, self.since = {}, (now, self.images)

    def left(self) -> float:
        """Return how many seconds the rest of the run will take."""
        trainer = self.trainer
        every, steps, done = trainer.every, trainer.steps, trainer.step
        counts = {"step": steps - done, "data": steps - done}
        for name, interval in (("validate", every.validate), ("samples", every.samples), ("save", every.save)):
            counts[name] = steps // interval - done // interval + (steps % interval > 0 and done < steps)
        return trainer.clock.left(counts)

    def validated(self, now: dict[str, float], before: float, gain: tuple[float, float] | None) -> None:
        """Write a line about the validation samples; gain: in PSNR since the run began, and its standard error, dB."""
        line = {name.removesuffix("_mask"): round(value, 4) for name, value in now.items()}
        if gain is not None:
            line |= {"gain": round(gain[0], 4), "gain_error": round(gain[1], 4)}
        self.gain = gain
        self.note({"step": self.trainer.step, **line, "psnr_before": round(before, 4)})

    def skipping(self) -> None:
        """Write down the samples that any rank has replaced."""
        skipped = self.trainer.skipped
        faults = [fault for each in distributed.gathered(skipped.take()) for fault in each]
        for number, fault in enumerate(faults, skipped.count):
            if number < NAMED:
                self.say(f"left out: {fault}")
            elif number == NAMED:
                self.say(f"more samples are left out; {self.journal.path} names all")
        skipped.count += len(faults)
        self.note({"step": self.trainer.step + 1, "samples_skipped": skipped.count, "reasons": faults})

    def note(self, line: dict[str, Any]) -> None:
        """Append a line to the journal."""
        if distributed.rank() == 0:
            self.unless_full(lambda: self.journal.write(line))
            self.audience.numbers(line)

    def unless_full(self, action: Callable[[], None], *, must: bool = False) -> None:
        """Do what writes; where the disk cannot take it, say so once and go on, unless it must be written."""
        try:
            action()
            self.said.clear()
        except OSError as error:
            if must:
                raise
            what = re.sub(r"\d+|,.*", "", str(error))  # without the step, and how much is free just now
            if what not in self.said:
                self.say(f"{error}; the training goes on, and tries again later")
            self.said.add(what)

    def say(self, sentence: str) -> None:
        if distributed.rank() == 0:
            tqdm.write(sentence, file=sys.stderr)


def raw_losses(losses: dict[str, float], recipe: Any) -> dict[str, float]:
    """Return the losses without their weights, where those do not change from step to step."""
    weights = getattr(recipe, "weights", {})
    fixed = {name: it for name, it in weights.items() if isinstance(it, int | float) and it}
    return {name: losses[name] / weight for name, weight in fixed.items() if name in losses}
