"""Train the network for holes by the clock, with pictures, masks and first guesses on the graphics card.

    python scripts/train_holes.py runs/sighted --photographs FOLDER --drawings FOLDER --seconds 780

Pictures come from folders or .tar files of encoded pictures.  --stop-after ends a sitting early; the same command goes
on where the last sitting ended.  RUN/sighted.safetensors is the averaged network, in half precision; RUN/log.txt what
was printed; the state to go on from lies in --state.  It needs no more of the package than torch, numpy and OpenCV.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from hole_data import Bank, Case, bank_of, cases_of, crops, holes, masks_of
from muon import Muon
from torch import Tensor, nn

from inpaint.checkpoint import load_checkpoint, load_state, save_checkpoint, save_state
from inpaint.degradation.smooth import smooth_fill
from inpaint.generators import GENERATORS
from inpaint.sample import composite
from inpaint.training.average import Average

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "sighted.yaml"
PHOTOGRAPHS = 0.75  # of the training crops
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


@torch.no_grad()
def validate(network: nn.Module | None, cases: Sequence[Case], device: torch.device) -> dict[str, float]:
    """Return the PSNR in the holes of each set of pictures; without a network, of the first guess."""
    scores: dict[str, list[float]] = {}
    for name, *tensors in cases:
        target, mask, guess = (it.to(device) for it in tensors)
        answer = guess
        if network is not None:
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                answer = network(guess, mask).image.float()
        answer = composite(answer.clamp(0, 1), target, mask)
        error = (((answer - target) * 255).round().square() * mask).sum() / (3 * mask.sum())
        scores.setdefault(name, []).append(float(10 * torch.log10(255**2 / error.clamp(min=1e-2))))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def in_words(scores: dict[str, float]) -> str:
    return "  ".join(f"{name} {score:.2f}" for name, score in scores.items())


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


def compiled(training: Training, bank: Bank, masks: Tensor, options: argparse.Namespace, log: Log) -> nn.Module:
    """Return the network compiled, or as it is where that fails; what was learned before is not touched."""
    if options.no_compile:
        return training.network
    rng = torch.Generator(bank.pixels.device).manual_seed(0)
    target, mask = crops(bank, options.batch, options.crop, rng), holes(masks, options.batch, options.crop, rng)
    guess = smooth_fill(target, mask, everywhere=True).contiguous(memory_format=torch.channels_last)
    fast: Any = torch.compile(training.network, dynamic=False)
    try:
        with torch.autocast(training.device.type, torch.bfloat16, enabled=training.bfloat16):
            answer = fast(guess, mask).image
        loss_of(answer, target, mask, squared=False).backward()
        if training.device.type == "cuda":
            torch.cuda.synchronize()
    except Exception as error:  # whatever a compiler meets, training goes on without it
        log(f"could not compile, which costs speed alone: {type(error).__name__}: {str(error)[:300]}")
        fast = training.network
    training.network.zero_grad(set_to_none=True)
    return fast


def is_matrix(name: str, weight: Tensor) -> bool:
    """Whether Muon steps these weights: those between the first and the last convolution."""
    inner = not name.startswith(("head.", "tail."))
    return inner and weight.ndim == 4 and min(weight.shape[0], weight[0].numel()) >= SMALLEST_MATRIX


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--drawings", type=Path)
    parser.add_argument("--validate", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--seconds", type=float, required=True, help="of the whole training, all sittings together")
    parser.add_argument("--stop-after", type=float, default=math.inf, help="seconds from the start of this sitting")
    parser.add_argument("--every", type=float, default=60, help="seconds between validations and checkpoints")
    parser.add_argument("--state", type=Path, help="the folder of the state to go on from; left out: OUTPUT")
    parser.add_argument("--crop", type=int, help="pixels; left out: the config's")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--optimizer", choices=[*OPTIMIZERS, "race"], default="adamw")
    parser.add_argument("--race", type=float, default=35, help="seconds of each optimizer, if they race")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=YAML", help="of the config's generator")
    options = parser.parse_args()
    run = yaml.safe_load(options.config.read_text(encoding="utf-8"))
    run["generator"] |= {key: yaml.safe_load(value) for key, _, value in (it.partition("=") for it in options.set)}
    options.crop, options.batch = options.crop or run["data"]["crop"], options.batch or run["data"]["batch"]
    options.output.mkdir(parents=True, exist_ok=True)
    train(run, options, Log(options.output / "log.txt"))


def train(run: dict[str, Any], options: argparse.Namespace, log: Log) -> None:
    """Train until the time is over, this sitting's or all of it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    racing = options.optimizer == "race"
    training = Training(run, device, "adamw" if racing else options.optimizer)
    state = (options.state or options.output) / "state.pt"
    state.parent.mkdir(parents=True, exist_ok=True)
    weights = options.output / "sighted.safetensors"
    training.resume(state, weights, log)
    kinds = [(options.photographs, PHOTOGRAPHS)]
    kinds += [(options.drawings, 1 - PHOTOGRAPHS)] if options.drawings else []
    bank = bank_of(kinds, options.crop, device)
    masks = masks_of(run["data"]["mask"], device)
    multiple = int(training.network.multiple)  # pyright: ignore[reportArgumentType]
    named = (it.partition("=") for it in options.validate)
    cases = [case for name, _, path in named for case in cases_of(name, Path(path), multiple)]
    if not cases:
        raise ValueError("--validate should name pictures, as in --validate photographs=FOLDER")
    count = sum(parameter.numel() for parameter in training.network.parameters())
    log(f"{len(bank.sizes):,} pictures, {len(bank.pixels) / 1e6:.0f} MP, {len(masks):,} masks, {count:,} parameters")
    log(f"{masks.float().mean():.1%} masked; first guess: {in_words(validate(None, cases, device))}")
    asked = compiled(training, bank, masks, options, log)

    def learn(until: float) -> None:
        """Learn until a second of the training's time, or the end of this sitting."""
        rng = torch.Generator(device).manual_seed(1000 + training.step)
        losses, last, saved = [], time.monotonic(), time.monotonic()
        while training.seconds < until and time.monotonic() - log.start < options.stop_after:
            target = crops(bank, options.batch, options.crop, rng)
            mask = holes(masks, options.batch, options.crop, rng)
            losses.append(training.learn(asked, target, mask, training.seconds / options.seconds))
            if len(losses) % 8 == 0:
                losses[-1].item()  # waits for the card, so that the clock tells what was learned
            now = time.monotonic()
            training.seconds, last = training.seconds + now - last, now
            if now - saved > options.every:
                scores = report(training, losses, cases, log)
                if all(map(math.isfinite, scores.values())):
                    training.save(state, weights, scores)
                else:
                    log("it diverged: goes on from the last checkpoint")
                    training.resume(state, weights, log)
                losses, last = [], time.monotonic()
                saved = last
        training.save(state, weights, report(training, losses, cases, log))

    log(f"training from {training.seconds:.0f} s of {options.seconds:.0f} s, crops of {options.crop}")
    if racing and not training.step:
        race(training, learn, options.race, lambda: validate(training.average.network, cases, device), log)
    learn(options.seconds)
    log(f"ends at step {training.step:,}, {training.seconds:.0f} s")


def race(
    training: Training, learn: Callable[[float], None], seconds: float, score: Callable[[], dict[str, float]], log: Log
) -> None:
    """Learn with each optimizer for a while from the same start, and go on with the better one."""
    start, best, ends = copy.deepcopy(training.network.state_dict()), -math.inf, {}
    for name in OPTIMIZERS:
        training.network.load_state_dict(start)
        training.begin(name)
        learn(seconds)
        mean = float(np.mean(list(score().values())))
        log(f"{name}: {mean:.3f} dB")
        if mean > best:
            best, ends = mean, copy.deepcopy(training.parts())
    training.take(ends)
    log(f"goes on with {training.optimizer}")


def report(training: Training, losses: Sequence[Tensor], cases: Sequence[Case], log: Log) -> dict[str, float]:
    """Say how far the training is, and return the scores."""
    scores = validate(training.average.network, cases, training.device)
    mean = float(torch.stack(list(losses)).mean()) if losses else math.nan
    log(f"step {training.step:,}  {training.seconds:.0f} s  loss {mean:.5f}  {in_words(scores)}")
    return scores


if __name__ == "__main__":
    main()
