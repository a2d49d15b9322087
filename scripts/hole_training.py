"""The training of the network for holes: its optimizers, average and loss, and how it is saved and taken up again."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch
from muon import Muon
from torch import Tensor, nn

from inpaint.checkpoint import load_checkpoint, load_state, save_checkpoint, save_state
from inpaint.degradation.smooth import smooth_fill
from inpaint.generators import GENERATORS
from inpaint.training.average import Average

LAST_PART = 0.25  # of the time, in which the squared error is minimised
FLOOR = 1e-3  # of the squared error: below, a crop is good enough to count no more than others
OPTIMIZERS = {"adamw": 1.0, "muon": 2.0}  # and their rates, in parts of the config's
SMALLEST_MATRIX = 16  # rows or columns; what is smaller is left to AdamW


def loss_of(answer: Tensor, target: Tensor, mask: Tensor, squared: bool) -> Tensor:
    """Return the Charbonnier loss in the hole, or the logarithm of the squared error, which PSNR is made of."""
    error = (answer.float() - target) * mask
    area = 3 * mask.sum((1, 2, 3)) + 300.0  # (B,); a crop with next to no hole counts little
    if squared:
        return (error.square().sum((1, 2, 3)) / area + FLOOR).log().mean() / 10
    return (((error.square() + 1e-6).sqrt() - 1e-3).sum((1, 2, 3)) / area).mean()


def is_matrix(name: str, weight: Tensor) -> bool:
    """Whether Muon steps these weights: those between the first and the last convolution."""
    inner = not name.startswith(("head.", "tail."))
    return inner and weight.ndim == 4 and min(weight.shape[0], weight[0].numel()) >= SMALLEST_MATRIX


class Log:
    """Prints, and keeps in a file what was printed."""

    def __init__(self, path: Path):
        self.path, self.start = path, time.monotonic()

    def __call__(self, text: str) -> None:
        line = f"[{time.monotonic() - self.start:6.1f} s] {text}"
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


class Training:
    """The network, its optimizers and its average, at a moment of the training's time."""

    def __init__(self, run: dict[str, Any], device: torch.device, optimizer: str):
        options = {key: value for key, value in run["generator"].items() if key != "name"}
        torch.manual_seed(run.get("seed", 0))
        network = GENERATORS[run["generator"]["name"]](**options)
        self.network = network.to(device=device, memory_format=torch.channels_last)  # pyright: ignore
        self.run, self.device, self.bfloat16 = run, device, run["precision"] == "bfloat16"
        self.begin(optimizer)

    def begin(self, optimizer: str) -> None:
        """Begin to learn with the network as it is."""
        self.optimizer, self.step, self.seconds = optimizer, 0, 0.0
        self.average = Average(self.network, self.run.get("ema", 0.999))
        optim = self.run["optim"]["generator"]
        self.rate, self.warmup, decay = optim["lr"], optim["warmup"], optim.get("weight_decay", 0.0)
        named = dict(self.network.named_parameters())
        matrices = [it for name, it in named.items() if optimizer == "muon" and is_matrix(name, it)]
        others = [it for it in named.values() if not any(it is matrix for matrix in matrices)]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                others,
                lr=0.0,
                betas=tuple(optim.get("betas", (0.9, 0.99))),
                weight_decay=decay,
                fused=self.device.type == "cuda",
            )
        ]
        self.optimizers += [Muon(matrices, lr=0.0, weight_decay=decay)] if matrices else []
        self.rates = [self.rate, self.rate * OPTIMIZERS["muon"]][: len(self.optimizers)]

    def parts(self) -> dict[str, Any]:
        """Return all there is to go on from."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizer": self.optimizer,
            "optimizers": [it.state_dict() for it in self.optimizers],
            "step": self.step,
            "seconds": self.seconds,
        }

    def take(self, parts: dict[str, Any]) -> None:
        """Go on from what `parts` returned."""
        self.network.load_state_dict(parts["network"])
        self.begin(parts["optimizer"])
        self.average.network.load_state_dict(parts["average"])
        for optimizer, state in zip(self.optimizers, parts["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.step, self.seconds = parts["step"], parts["seconds"]

    def resume(self, state: Path, weights: Path, log: Log) -> None:
        """Go on from a state; where that is lost, from the averaged network alone."""
        if state.is_file():
            self.take(load_state(state))
        elif weights.is_file():
            checkpoint = load_checkpoint(weights)
            self.network.load_state_dict(checkpoint.weights)
            self.begin(checkpoint.provenance["optimizer"])
            self.step, self.seconds = checkpoint.provenance["step"], checkpoint.provenance["seconds"]
        if self.step:
            log(f"goes on from step {self.step:,}, {self.seconds:.0f} s, {'state' if state.is_file() else 'weights'}")

    def save(self, state: Path, weights: Path, scores: dict[str, float]) -> None:
        provenance = {"step": self.step, "seconds": self.seconds, "optimizer": self.optimizer, "psnr": scores}
        provenance["torch"] = torch.__version__
        if self.device.type == "cuda":
            provenance["machine"] = torch.cuda.get_device_name()
        kept = self.average.network.state_dict()
        save_checkpoint(weights, kept, run=self.run, provenance=provenance, dtype=torch.float16)
        save_state(state, self.parts())

    def learn(self, asked: nn.Module, target: Tensor, mask: Tensor, done: float) -> Tensor:
        """Take one step; asked: the network, perhaps compiled.  done: part of the training's time."""
        part = (1 + math.cos(math.pi * min(done, 1.0))) / 2 * min(1.0, (self.step + 1) / self.warmup)
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * part
        guess = smooth_fill(target, mask, everywhere=True).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            answer = asked(guess, mask).image
        loss = loss_of(answer, target, mask, squared=done > 1 - LAST_PART)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.run.get("clip", 1.0))
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.average.update(self.network, self.step)
        return loss.detach()
