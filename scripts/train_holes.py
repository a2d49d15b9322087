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
from hole_training import OPTIMIZERS, Log, Training, loss_of
from torch import Tensor, nn

from inpaint.degradation.smooth import smooth_fill
from inpaint.sample import composite

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "sighted.yaml"
PHOTOGRAPHS = 0.75  # of the training crops


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
