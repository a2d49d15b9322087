"""One loop for every recipe.

The trainer knows nothing of GANs: it asks for a turn, sums its terms, differentiates, averages gradients over the
ranks, clips, steps that player's optimizer, and asks for the next turn.  What is random depends on (seed, step) alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm import tqdm

from inpaint import distributed
from inpaint.checkpoint import load_state, save_checkpoint, save_state
from inpaint.contracts import Recipe, Turn
from inpaint.interrupt import unbroken
from inpaint.metrics.pixelwise import psnr
from inpaint.randomness import rng_for
from inpaint.sample import Sample, composite
from inpaint.training.average import Average
from inpaint.training.journal import Journal, write_sheet


class Player(NamedTuple):
    """An optimizer and its learning rate as a function of the step."""

    optimizer: torch.optim.Optimizer
    rate: Callable[[int], float]


class Intervals(NamedTuple):
    """How often things happen, in steps."""

    log: int
    samples: int
    validate: int
    save: int


class Trainer:
    """Trains the networks of a recipe on batches, from the first step or a saved one to the last.

    folder: receives journal.jsonl, last.safetensors, best.safetensors, state.pt and samples/.
    run: the tree that is stored in every checkpoint.
    provenance: what every checkpoint says of where it comes from, beside step and time.
    """

    def __init__(
        self,
        recipe: Recipe,
        players: dict[str, Player],
        *,
        batches: Callable[[int, int], Iterable[Sample]],
        validation: Sequence[Sample],
        folder: Path,
        run: dict[str, Any],
        provenance: Mapping[str, Any] | None = None,
        steps: int,
        every: Intervals,
        seed: int = 0,
        decay: float = 0.999,
        clip: float | None = None,
        device: torch.device | None = None,
        bfloat16: bool = False,
        channels_last: bool = True,
    ):
        self.recipe, self.players = recipe, players
        self.batches, self.validation = batches, validation
        self.folder, self.run, self.provenance = folder, run, dict(provenance or {})
        self.steps, self.every, self.seed, self.clip = steps, every, seed, clip
        self.device = device or torch.device("cpu")
        self.bfloat16 = bfloat16
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.average = Average(recipe.generator, decay)
        self.journal = Journal(folder / "journal.jsonl")
        self.step, self.best, self.seconds = 0, -math.inf, 0.0

    def fit(self) -> None:
        """Train to the last step; on Ctrl-C save where we are and raise KeyboardInterrupt again."""
        self.recipe.train()
        if distributed.rank() == 0:
            self.journal.cut(self.step)  # what it says of later steps is about to be said again
        bar = tqdm(total=self.steps, initial=self.step, unit="step", disable=distributed.rank() > 0)
        started, since = time.monotonic() - self.seconds, (time.monotonic(), self.step)
        try:
            batches = iter(self.batches(self.step, self.steps))
            while self.step < self.steps:
                with unbroken(excuse=True):
                    sample = next(batches)
                with unbroken():
                    terms = self.learn(self.to_device(sample))
                    self.step += 1
                    self.seconds = time.monotonic() - started
                    bar.update()
                    if self.due(self.every.log):
                        speed = (self.step - since[1]) * len(sample.image) * distributed.world_size()
                        since = self.log(terms, speed / (time.monotonic() - since[0]), bar)
                    self.look()
        except KeyboardInterrupt:
            self.save()
            raise
        finally:
            bar.close()

    def due(self, interval: int) -> bool:
        return self.step % interval == 0 or self.step == self.steps

    def learn(self, sample: Sample) -> dict[str, Tensor]:
        """Play every turn of one step and return the terms, for the log."""
        torch.manual_seed(rng_for(self.seed, "step", self.step).initial_seed() + distributed.rank())
        seen: dict[str, Tensor] = {}
        turns = iter(self.recipe.turns(sample, self.step))
        while (turn := self.draw(turns)) is not None:
            network, player = self.recipe.players[turn.player], self.players[turn.player]
            player.optimizer.zero_grad(set_to_none=True)
            torch.stack(list(turn.terms.values())).sum().backward()
            distributed.average_gradients(network.parameters())
            if self.clip:
                nn.utils.clip_grad_norm_(network.parameters(), self.clip)
            for group in player.optimizer.param_groups:
                group["lr"] = player.rate(self.step)
            player.optimizer.step()
            seen |= {name: term.detach() for name, term in turn.terms.items()}
        self.average.update(self.recipe.generator, self.step)
        return seen

    def draw(self, turns: Any) -> Turn | None:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            return next(turns, None)

    def log(self, terms: dict[str, Tensor], speed: float, bar: tqdm) -> tuple[float, int]:
        """Write a line to the journal; a loss that is no number ends the run with what to do about it."""
        losses = {name: term.item() for name, term in terms.items()}
        lost = [name for name, value in losses.items() if not math.isfinite(value)]
        if lost:
            raise ValueError(
                f"the loss {lost[0]} is {losses[lost[0]]} at step {self.step}: lower the learning rate or clip, "
                f"and resume from the last checkpoint in {self.folder}"
            )
        rates = {name: player.optimizer.param_groups[0]["lr"] for name, player in self.players.items()}
        bar.set_postfix({name: f"{value:.4f}" for name, value in losses.items()} | {"images/s": f"{speed:.1f}"})
        if distributed.rank() == 0:
            line = {"step": self.step, "seconds": round(self.seconds, 1), "images_per_second": round(speed, 2)}
            self.journal.write(line | {"losses": losses, "rates": rates})
        return time.monotonic(), self.step

    def look(self) -> None:
        """Do what is due at this step: validate, draw a sheet, save."""
        if self.validation and self.due(self.every.validate):
            self.validate()
        if self.validation and self.due(self.every.samples) and distributed.rank() == 0:
            shown = self.validation[:8]
            with torch.no_grad():
                write_sheet(self.folder / "samples" / f"{self.step:07d}.png", shown, self.restore(shown))
        if self.due(self.every.save):
            self.save()

    def restore(self, samples: Sequence[Sample]) -> list[Tensor]:
        """Return the averaged generator's composites, each (1, 3, H, W), as float32 on the CPU."""
        composites = []
        for sample in samples:
            image, mask, _ = self.to_device(sample)
            with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
                prediction = self.average.network(image, mask)
            composites.append(composite(prediction.image.float(), image, mask).clamp(0, 1).cpu())
        return composites

    def validate(self) -> None:
        """Log the mean PSNR over the mask, and keep the averaged generator when it is the best so far."""
        restored = self.restore(self.validation)
        pairs = list(zip(restored, self.validation, strict=True))
        score = sum(decibels(image, sample) for image, sample in pairs) / len(pairs)
        before = sum(decibels(sample.image, sample) for sample in self.validation) / len(pairs)
        if distributed.rank() == 0:
            self.journal.write({"step": self.step, "psnr": round(score, 4), "psnr_before": round(before, 4)})
        if score > self.best:
            self.best = score
            self.save_generator("best.safetensors", psnr=score)

    def save(self) -> None:
        """Write last.safetensors (the averaged generator) and state.pt (all that resuming needs).

        Raises ValueError instead of replacing good weights by ones that are no numbers.
        """
        if not all(parameter.isfinite().all() for parameter in self.recipe.parameters()):
            raise ValueError(
                f"weights are not finite at step {self.step} and were not saved: lower the learning rate or clip, and "
                f"resume from the last checkpoint in {self.folder}"
            )
        self.save_generator("last.safetensors")
        if distributed.rank() == 0:
            save_state(self.folder / "state.pt", self.state())

    def save_generator(self, name: str, **more: Any) -> None:
        if distributed.rank() == 0:
            provenance = {
                "step": self.step,
                "seconds": round(self.seconds),
                "torch": torch.__version__,
                **self.provenance,
                **more,
            }
            weights = self.average.network.state_dict()
            save_checkpoint(self.folder / name, weights, run=self.run, provenance=provenance)

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training, as tensors and plain values."""
        return {
            "step": self.step,
            "best": self.best,
            "seconds": self.seconds,
            "recipe": self.recipe.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizers": {name: player.optimizer.state_dict() for name, player in self.players.items()},
        }

    def resume(self) -> None:
        """Take up the state that the folder holds.  Raises ValueError where it is of other networks."""
        path = self.folder / "state.pt"
        state = load_state(path)
        try:
            self.recipe.load_state_dict(state["recipe"])
            self.average.network.load_state_dict(state["average"])
            for name, player in self.players.items():
                player.optimizer.load_state_dict(state["optimizers"][name])
        except (RuntimeError, ValueError, KeyError) as error:
            raise ValueError(f"{path} does not fit the networks of this run: {' '.join(str(error).split())}") from None
        self.step, self.best, self.seconds = state["step"], state["best"], state["seconds"]

    def to_device(self, sample: Sample) -> Sample:
        move = {"device": self.device, "non_blocking": True, "memory_format": self.layout}
        return Sample(*(part.to(**move) for part in sample))


def decibels(image: Tensor, sample: Sample) -> float:
    """Return the PSNR over the mask; a perfect answer (a flat place) counts as 100 dB, not as infinity."""
    return psnr(image, sample.target, sample.mask).clamp(max=100.0).item()
