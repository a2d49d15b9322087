"""Train the network over cells in a fixed time, on a graphics card or a CPU, and go on where it stopped.

    python scripts/train_cells.py PICTURES --drawings 0.3 --output runs/cells --seconds 36000

PICTURES holds photos, drawings, val_photos, val_drawings, and textures where --textures gives them a share: folders,
or tars named *.pack.  A step learns from three
kinds of mosaics at once: cells of 4 px directly; cells of 8 px by a step of 2 and, from the network's own answer, a
step of 4; cells of 16 px by two steps of 4.  The learning rate follows the clock, so the schedule always ends:
--seconds is the time of training altogether, --call what one call of the script may take; without --seconds the
schedule ends with the call.  Every minute the averaged network is tried on the validation pictures and written to
OUTPUT/network.safetensors, and what going on needs beside it.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from cell_batches import Batch, drawn, losses
from cell_validation import Trial, trials, tried
from device_pictures import Pictures, read_pictures
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils import _pytree

from inpaint.generators.cells import build

WARM = 0.02  # share of the time in which the learning rate rises
LAST = 10  # seconds for the last trial
EVERY = 60  # seconds between trials on the validation pictures


class Training:
    """A network, its average, its optimizer and the clock."""

    def __init__(self, options: argparse.Namespace, device: torch.device):
        self.options, self.device = options, device
        self.shape = {it: getattr(options, it) for it in ("width", "blocks", "deep", "deep_blocks")}
        torch.manual_seed(options.seed)
        self.network = build(**self.shape).to(device, memory_format=torch.channels_last)  # pyright: ignore
        if options.start:
            self.network.load_state_dict(load_file(options.start, device=str(device)))
        self.average = copy.deepcopy(self.network).eval()
        cuda = device.type == "cuda"
        self.rate = torch.tensor(options.rate, device=device) if cuda else options.rate
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), self.rate, (0.9, 0.99), weight_decay=1e-4, fused=True, capturable=cuda
        )
        self.squared = torch.zeros((), device=device)
        self.decay = torch.zeros((), device=device)
        self.step, self.elapsed, self.loss = 0, 0.0, torch.zeros((), device=device)
        self.history: list[dict[str, float]] = []

    def learn(self, batch: Batch) -> Tensor:
        """Make one step on the device; nothing here waits for it."""
        with torch.autocast(self.device.type, torch.bfloat16, not self.options.float32, cache_enabled=False):
            loss = losses(self.network, batch, self.squared, self.options.chained)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 0.5, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 - self.decay)
        return loss.detach()

    def schedule(self, progress: float) -> None:
        """Set what depends on how much of the time is over."""
        rate = self.options.rate * min(1, (progress + 1e-4) / WARM) * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1)))
        if isinstance(self.rate, Tensor):
            self.rate.fill_(rate)
        else:
            self.optimizer.param_groups[0]["lr"] = rate
        self.squared.fill_(float(progress > 1 - self.options.squared))
        self.decay.fill_(min(self.options.decay, (1 + self.step) / (10 + self.step)))

    def save(self, folder: Path) -> None:
        """Write the averaged network, and beside it what going on needs."""
        told = {"generator": self.shape, "step": self.step, "elapsed": self.elapsed, "history": self.history}
        told |= {"options": {key: str(value) for key, value in vars(self.options).items()}}
        metadata = {"told": json.dumps(told)}
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "network.safetensors", self.average.state_dict(), metadata)
        state = {f"weights.{name}": it for name, it in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            moments = self.optimizer.state.get(parameter, {})
            if moments:
                state[f"first.{name}"] = moments["exp_avg"].bfloat16()
                state[f"second.{name}"] = moments["exp_avg_sq"]
        write(folder / "state.safetensors", state, metadata)

    def resume(self, folder: Path) -> None:
        """Go on where a folder's training stopped."""
        state = load_file(folder / "state.safetensors", device=str(self.device))
        self.network.load_state_dict({it: state[f"weights.{it}"] for it in self.network.state_dict()})
        self.average.load_state_dict(load_file(folder / "network.safetensors", device=str(self.device)))
        with safe_open(folder / "state.safetensors", framework="pt") as file:
            told = json.loads(file.metadata()["told"])
        self.step, self.elapsed, self.history = told["step"], told["elapsed"], told["history"]
        for name, parameter in self.network.named_parameters():
            step = torch.tensor(float(self.step), device=self.device if isinstance(self.rate, Tensor) else "cpu")
            first, second = (torch.zeros_like(parameter) for _ in range(2))  # laid out as the weights are
            first.copy_(state[f"first.{name}"])
            second.copy_(state[f"second.{name}"])
            self.optimizer.state[parameter] = {"step": step, "exp_avg": first, "exp_avg_sq": second}


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a file so that a stop in between leaves the old one."""
    temporary = path.with_suffix(".part")
    save_file({name: it.detach().contiguous().cpu() for name, it in tensors.items()}, temporary, metadata)
    temporary.replace(path)


def repeating(training: Training, batch: Batch) -> Callable[[Batch], Tensor]:
    """Return what makes a step: one recorded graph of kernels on a graphics card, where that works."""
    if training.device.type != "cuda" or training.options.eager:
        return training.learn
    try:
        return recorded(training, batch)
    except RuntimeError as error:
        print(f"the step could not be recorded as a graph ({error}); every kernel is launched by itself", flush=True)
        torch.cuda.synchronize()
        return training.learn


def recorded(training: Training, batch: Batch) -> Callable[[Batch], Tensor]:
    """Record a step's kernels on fixed tensors, to which every batch is copied."""
    given = [tensor.clone() for tensor in _pytree.tree_leaves(batch)]
    fixed = _pytree.tree_unflatten(given, _pytree.tree_structure(batch))
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(4):  # these are steps too
            training.learn(fixed)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = training.learn(fixed)

    def step(batch: Batch) -> Tensor:
        for mine, theirs in zip(given, _pytree.tree_leaves(batch), strict=True):
            mine.copy_(theirs)
        graph.replay()
        return loss

    return step


def train(training: Training, pictures: Pictures, told: list[Trial], started: float) -> None:
    """Train until the time, or this call's, is over."""
    options = training.options
    training.schedule(training.elapsed / options.seconds)
    step = repeating(training, drawn(pictures, options.batch))
    begun, before, tested, total, count = time.monotonic(), training.elapsed, time.monotonic(), 0.0, 0
    while training.elapsed < options.seconds and time.monotonic() - started < options.call:
        training.schedule(training.elapsed / options.seconds)
        training.loss = step(drawn(pictures, options.batch))
        training.step += 1
        if training.step % 20 == 0:  # waits for the device, so that the clock tells the truth
            total, count = total + float(training.loss), count + 1
        training.elapsed = before + time.monotonic() - begun
        if time.monotonic() - tested > options.every:
            report(training, told, total / max(count, 1))
            tested, total, count = time.monotonic(), 0.0, 0
    report(training, told, total / max(count, 1))


def report(training: Training, told: list[Trial], loss: float) -> None:
    """Try the averaged network, print and write."""
    began = time.monotonic()
    with torch.backends.cudnn.flags(benchmark=False):  # validation has as many sizes as pictures
        scores = tried(training.average, told)
    line = {"step": training.step, "seconds": round(training.elapsed), "loss": round(loss, 5), **scores}
    training.history.append(line)
    training.save(training.options.output)
    print(json.dumps(line), f"tried in {time.monotonic() - began:.1f} s", flush=True)


def found(folder: Path, name: str) -> Path:
    """Return a tar, or else a folder, of pictures.  Raises ValueError where there is neither."""
    paths = folder / f"{name}.pack", folder / name
    for path in paths:
        if path.exists():
            return path
    raise ValueError(f"neither {paths[0]} nor {paths[1]} exists: there should be pictures")


def main() -> None:
    """Read the command line, load the pictures and train."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--drawings", type=float, default=0.3, help="share of crops that are of drawings")
    parser.add_argument("--textures", type=float, default=0.0, help="share of crops that are of textures")
    parser.add_argument("--seconds", type=float, help="time of training altogether; otherwise it ends with this call")
    parser.add_argument("--call", type=float, default=36_000, help="seconds that this call may take, loading included")
    parser.add_argument("--every", type=float, default=EVERY, help="seconds between trials")
    parser.add_argument("--batch", type=int, default=96, help="mosaics of 4 px a step")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.999, help="of the average")
    parser.add_argument(
        "--squared", type=float, default=0.4, help="share of the time, at the end, for the logarithm of squared errors"
    )
    parser.add_argument("--chained", type=float, default=1.0, help="weight of mosaics of several steps")
    parser.add_argument("--width", type=int, default=48)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--deep", type=int, default=96)
    parser.add_argument("--deep-blocks", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tries", type=int, default=20, help="validation pictures of each kind")
    parser.add_argument("--limit", type=int, default=None, help="training pictures of each kind")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--start", type=Path, help="weights to begin with, written by this script")
    parser.add_argument("--float32", action="store_true", help="compute in full precision")
    parser.add_argument("--eager", action="store_true", help="launch every kernel by itself")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    torch.set_flush_denormal(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shares = {"textures": options.textures, "drawings": options.drawings}
    groups = [
        (read_pictures(found(options.pictures, name))[: options.limit], share)
        for name, share in {"photos": 1 - sum(shares.values()), **shares}.items()
        if share > 0
    ]
    pictures = Pictures(groups, device)
    held_out = {
        it: read_pictures(found(options.pictures, f"val_{it}"))[: options.tries] for it in ("photos", "drawings")
    }
    told = trials(held_out, device)
    training = Training(options, device)
    if (options.output / "state.safetensors").exists():
        training.resume(options.output)
    count = sum(it.numel() for it in training.network.parameters())
    told_of = f"{count:,} parameters, {[len(it) for it, _ in groups]} pictures, {len(pictures.pixels) / 1e6:.0f} MP"
    print(f"{told_of}, {device}, step {training.step}, ready after {time.monotonic() - started:.1f} s", flush=True)
    print(json.dumps({"bicubic": tried(None, told)}), flush=True)
    if options.seconds is None:
        options.seconds = training.elapsed + options.call - (time.monotonic() - started) - LAST
    train(training, pictures, told, started)


if __name__ == "__main__":
    main()
