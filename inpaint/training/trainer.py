"""One loop for every recipe.

The trainer knows nothing of GANs: it asks for a turn, sums its terms, differentiates, averages gradients over the
ranks, clips, steps that player's optimizer, and asks for the next turn.  What is random depends on (seed, step) alone.
Whatever ends a run early, a signal or an error, the state is saved first; all ranks stop at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from inpaint import distributed
from inpaint.contracts import Recipe, Turn
from inpaint.data.skipped import Skipped
from inpaint.degradation.drafts import Drafts
from inpaint.interrupt import Stopped, StopRequest, stop_requests
from inpaint.sample import Sample, composite
from inpaint.training.average import Average
from inpaint.training.finite import FiniteWatch
from inpaint.training.keeping import Keeper
from inpaint.training.learning import learned
from inpaint.training.moving import Mover
from inpaint.training.player import Player
from inpaint.training.precision import Precision
from inpaint.training.progress import Clock, Intervals, bar_of
from inpaint.training.replicated import Replicas
from inpaint.training.sharded import is_sharded
from inpaint.training.sheets import write_sheet
from inpaint.training.telling import Teller
from inpaint.training.trackers import Begin
from inpaint.training.validating import Best, batches_of, gain_of, shared, spread, validation_scores


class Trainer:
    """Trains the networks of a recipe on batches, from the first step or a saved one to the last.

    folder: receives journal.jsonl, last.safetensors, best.safetensors, the last `keep` states, run.yaml and samples/.
    run: the tree that is stored in every checkpoint and state.
    provenance: what every checkpoint says of where it comes from, beside step and time.
    skipped: what `batches` could not make, if it replaces samples.
    averaged: a copy of the generator, where its own parameters are divided over the ranks.
    """

    def __init__(
        self,
        recipe: Recipe,
        players: dict[str, Player],
        *,
        batches: Callable[[int, int], Iterable[Sample | Drafts]],
        validation: Sequence[Sample],
        folder: Path,
        run: dict[str, Any],
        provenance: Mapping[str, Any] | None = None,
        steps: int,
        every: Intervals,
        seed: int = 0,
        decay: float = 0.999,
        blend: float = 1.0,
        clip: float | None = None,
        device: torch.device | None = None,
        precision: str = "float32",
        channels_last: bool = True,
        keep: int = 2,
        best: Best | None = None,
        skipped: Skipped | None = None,
        accumulate: int = 1,
        patience: int | None = None,
        trackers: Mapping[str, Begin] | None = None,
        averaged: torch.nn.Module | None = None,
    ):
        self.recipe, self.players, self.batches, self.validation = recipe, players, batches, validation
        self.steps, self.every, self.seed, self.clip = steps, every, seed, clip
        self.device = device = device or torch.device("cpu")
        self.precision = Precision(precision, device, players)
        self.to_device = Mover(device, channels_last=channels_last)
        self.average = Average(averaged or recipe.generator, decay, blend)
        self.average.follow(recipe.generator)
        self.sharded = any(is_sharded(it) for it in recipe.parameters())
        self.learning = {name: [*network.parameters()] for name, network in recipe.players.items()}
        self.replicas: Replicas | None = None
        self.decided = False  # whether there are any
        self.skipped, self.best = skipped or Skipped(0.0), best or Best()
        self.step, self.score, self.seconds = 0, None, 0.0
        self.first: list[float] = []  # PSNR of each validation sample, dB, when the run began
        self.within, self.agreed = False, False  # within a step; all ranks end at this one, each knowing of it
        self.accumulate, self.patience, self.stale = accumulate, patience, 0  # stale: validations since the best one
        self.clock, self.watch = Clock(), FiniteWatch(recipe, scaling=bool(self.precision.scales))
        self.keeper = Keeper(self, folder, run, dict(provenance or {}), keep)
        self.teller = Teller(self, folder, trackers or {})

    @property
    def folder(self) -> Path:
        return self.keeper.folder

    def fit(self) -> None:
        """Train to the last step.

        Raises Stopped, which is a KeyboardInterrupt, once Ctrl-C, SIGTERM or SIGHUP have ended a step and the state is
        saved; any other error is raised again when the state has been saved.
        """
        with (
            stop_requests() as stop,
            self.keeper.held(),
            self.teller.telling(bar_of(self.steps, self.step, shown=distributed.rank() == 0)),
        ):
            self.recipe.train()
            try:
                if self.step == 0 and self.validation:
                    self.validate()  # a network that starts from weights may only get worse
                self.loop(stop)
            except BaseException as error:
                self.keeper.rescue(error)
                raise

    def loop(self, stop: StopRequest) -> None:
        batches = iter(self.batches(self.step, self.steps))
        try:
            while self.step < self.steps and not self.weary():
                sample = self.fetch(batches, stop)
                self.within = True
                with self.clock.measured("step"):
                    terms = self.learn(self.to_device(sample))
                self.step += 1
                self.within = False
                self.teller.stepped(terms, len(sample.target))
                self.look()
            if self.weary() and self.keeper.saved != self.step:
                self.keeper.save()
        finally:
            if isinstance(batches, Generator):
                batches.close()  # its processes end now, not when this error has been forgotten

    def fetch(self, batches: Iterator[Sample | Drafts], stop: StopRequest) -> Sample | Drafts:
        """Return the next batch, unless one of the ranks was asked to stop or has none."""
        sample, fault = None, None
        with self.clock.measured("data"):
            try:
                sample = next(batches)
            except Exception as error:
                fault = error
        number, failed, skipped = distributed.highest([stop.signal, fault is not None, len(self.skipped.new)])
        if skipped:
            self.teller.skipping()
        self.agreed = bool(failed or number)
        if failed:
            raise fault or distributed.RankLost("another process of this run could not go on")
        self.skipped.check((self.step + 1) * distributed.world_size())
        if number:
            raise Stopped(number)
        assert sample is not None
        return sample

    def weary(self) -> bool:
        """Tell whether validations have brought nothing better for long enough."""
        return self.patience is not None and self.stale >= self.patience

    def due(self, interval: int) -> bool:
        return self.step % interval == 0 or self.step == self.steps

    def learn(self, sample: Sample) -> dict[str, Tensor]:
        """Play every turn of one step and return the terms, for the log."""
        return learned(self, sample)

    def draw(self, turns: Any) -> Turn | None:
        """Ask for the next turn of a step, in the precision of the run."""
        with self.precision.autocast(), distributed.others(computing=True):
            return next(turns, None)

    def look(self) -> None:
        """Do what is due at this step: validate, draw a sheet, save."""
        if self.validation and self.due(self.every.validate):
            self.validate()
        if self.validation and self.due(self.every.samples) and distributed.rank() == 0:
            with self.clock.measured("samples"):
                shown = spread(self.validation)
                path = self.folder / "samples" / f"{self.step:07d}.png"
                self.teller.unless_full(lambda: write_sheet(path, shown, self.restore(shown)))
                self.teller.audience.picture(self.step, path)
        if self.due(self.every.save):
            with self.clock.measured("save"):
                self.teller.unless_full(self.keeper.save, must=self.step == self.steps)

    def restore(self, samples: Sequence[Sample]) -> list[Tensor]:
        """Return the averaged generator's composites, each (1, 3, H, W), as float32 on the CPU."""
        composites, network = list[Tensor](), self.average.answering()
        for sample in batches_of(samples, self.keeper.validation_batch):
            image, mask, _, inputs = self.to_device(sample)
            with torch.no_grad(), self.precision.autocast():
                prediction = network(image, mask, **inputs)
            composites += composite(prediction.image.float(), image, mask).clamp(0, 1).cpu().split(1)
        return composites

    def validate(self) -> None:
        """Log the means of PSNR over the mask and of what chooses the best, and keep the generator that is the best."""
        with self.clock.measured("validate"):
            samples = shared(self.validation)
            names = list(dict.fromkeys(["psnr_mask", self.best.metric or "psnr_mask"]))
            scores = validation_scores(names, samples, self.restore(samples))
            before = validation_scores(names[:1], samples, [sample.image for sample in samples])
        self.first = self.first or scores["psnr_mask"]
        now = {name: fmean(each) for name, each in scores.items()}
        gain = gain_of(scores["psnr_mask"], self.first) if self.step else None
        self.teller.validated(now, fmean(before["psnr_mask"]), gain)
        score = now[names[-1]]
        self.stale += 1
        better = self.best.better(score, self.score) and not self.watch.row and self.keeper.finite()
        for player in self.players.values():
            if player.plateau and self.step:
                player.plateau.validated(better)
        if better:
            self.score, self.stale = score, 0
            self.teller.unless_full(lambda: self.keeper.save_generator("best.safetensors", **{self.label: score}))

    @property
    def label(self) -> str:
        """What checkpoints call the number that chose them."""
        return (self.best.metric or "psnr_mask").removesuffix("_mask")

    def resume(self) -> None:
        """Take up the newest state that the folder holds, as far as the run that is given now allows."""
        self.keeper.resume()
