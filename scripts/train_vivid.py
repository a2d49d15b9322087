"""Teach a network over cells to invent detail: the second stage, from the weights of the first.

    python scripts/train_vivid.py PICTURES --faithful runs/cells/network.safetensors --features vgg16.safetensors \
        --output runs/vivid --seconds 7200

The same network with noise as one more input learns from the absolute error, from features of a VGG and from a critic
of patches, at every octave; every answer keeps the measured means.  How much the critic counts is regulated so that the
answers stay a chosen number of dB behind the faithful ones, --behind.  Every mosaic is answered twice, with other
noise, and the error of the mean of both counts beside that of each, so that what is not known may vary.  It stops by
the clock, writes everything once a minute, and goes on where it was stopped.
Source: a critic of patches (Isola et al. 2017) with spectral normalisation and the hinge loss (Miyato et al. 2018).
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from cell_batches import Batch, drawn
from cell_validation import Trial, trials, tried
from device_pictures import Pictures, read_pictures
from patch_critic import Critic
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from train_cells import found, write
from vivid_answers import FIRST, Made, absolute, answers, judged, mean_missed, squared, twice

from inpaint.features.vgg import VggFeatures
from inpaint.generators.cells import Cells, build

TAPS = ("relu1_2", "relu2_2", "relu3_3")
SMOOTHED = 0.98  # of the measured distance from the faithful answer
STATE, NUMBERS = "state.pt", ("weight", "behind", "step", "seconds", "history")
PULL = 0.02  # how fast the critic's weight follows it, per dB and step


class Vivid:
    """The two networks, the critic, and the balance between them."""

    def __init__(self, options: argparse.Namespace, device: torch.device):
        self.options, self.device = options, device
        with safe_open(options.faithful, framework="pt") as file:
            self.shape = json.loads(file.metadata()["told"])["generator"] | {"noise": options.noise}
        weights = load_file(options.faithful)
        torch.manual_seed(options.seed)
        self.network = self.built()
        self.network.load_state_dict(weights, strict=False)
        assert self.network.noise is not None
        nn.init.normal_(self.network.noise.weight, std=0.05)  # little at first, for the network is good without it
        self.faithful = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.average = copy.deepcopy(self.faithful)
        self.critic = Critic(options.critic).to(device, memory_format=torch.channels_last)  # pyright: ignore
        self.features = options.features and VggFeatures("vgg16", weights=options.features, content=TAPS, style=TAPS)
        fused = {"betas": (0.5, 0.99), "fused": True}
        self.optimizers = [
            torch.optim.Adam(self.network.parameters(), options.rate, **fused),
            torch.optim.Adam(self.critic.parameters(), 2 * options.rate, **fused),
        ]
        self.weight = torch.tensor(math.log(options.weight), device=device)  # logarithm of what the critic counts
        self.behind = torch.zeros((), device=device)
        self.step, self.seconds = 0, 0.0
        self.history: list[dict[str, float]] = []  # what was tried
        if (options.output / STATE).exists():
            self.restore(torch.load(options.output / STATE, map_location=device, weights_only=True))

    def states(self) -> list[nn.Module | torch.optim.Optimizer]:
        return [self.network, self.average, self.critic, *self.optimizers]

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `saved` returned."""
        for one, kept in zip(self.states(), state["states"], strict=True):
            one.load_state_dict(kept)
        self.weight, self.behind, self.step, self.seconds = (state[it] for it in NUMBERS)

    def saved(self) -> dict[str, Any]:
        return {"states": [it.state_dict() for it in self.states()]} | {it: getattr(self, it) for it in NUMBERS}

    def built(self) -> Cells:
        network = build(**self.shape)
        assert isinstance(network, Cells)
        return network.to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def learn(self, batch: Batch) -> dict[str, Tensor]:
        """Step the critic, then the network; returns the terms of both."""
        batch = twice(batch)
        cast = torch.autocast(self.device.type, torch.bfloat16, not self.options.float32)
        with cast:
            made = answers(self.network, batch, vary=True)
            critic = torch.stack([self.told_apart(it) for it in made]).mean()
        stepped(critic, self.critic, self.optimizers[1])
        self.critic.requires_grad_(False)
        with cast:
            adversarial = -torch.stack([judged(self.critic(it.shown), it.part) for it in made]).mean()
            error = torch.stack([(absolute(it) + mean_missed(it)) / 2 for it in made]).mean()
            perceptual = torch.stack([self.perceptual(it) for it in made[FIRST:]]).mean()
        loss = error + self.weight.exp() * (perceptual + self.options.adversarial * adversarial)
        stepped(loss, self.network, self.optimizers[0])
        self.critic.requires_grad_(True)
        self.regulate(batch, made)
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 - min(self.options.decay, (1 + self.step) / (10 + self.step)))
        self.step += 1
        terms = {"error": error, "perceptual": perceptual, "adversarial": adversarial, "critic": critic}
        return {name: it.detach() for name, it in terms.items()} | {"behind": self.behind, "weight": self.weight.exp()}

    def told_apart(self, made: Made) -> Tensor:
        """Return the critic's hinge loss on originals and answers."""
        real, fake = self.critic(made.part.target[::2]).repeat_interleave(2, 0), self.critic(made.shown.detach())
        return judged(F.relu(1 - real), made.part) + judged(F.relu(1 + fake), made.part)

    def perceptual(self, made: Made) -> Tensor:
        """Return how far the features of an answer are from the original's, relative to their size."""
        part = made.part
        if self.features is None:
            return made.answer.new_zeros(())
        with torch.no_grad():
            wanted = {tap: it.repeat_interleave(2, 0) for tap, it in self.features(part.target[::2]).items()}
        given = self.features(made.shown)
        terms = [(given[tap] - wanted[tap]).abs().mean() / wanted[tap].abs().mean().clamp(min=1e-6) for tap in TAPS]
        return torch.stack(terms).mean() / part.mask.mean().clamp(min=0.05)

    @torch.no_grad()
    def regulate(self, batch: Batch, made: list[Made]) -> None:
        """Let what is not the absolute error count more while the answers are nearer than wanted, or else less."""
        with torch.autocast(self.device.type, torch.bfloat16, not self.options.float32):
            faithful = answers(self.faithful, batch, vary=False)
        pairs = zip(made[FIRST:], faithful[FIRST:], strict=True)
        ratio = [squared(one).clamp(min=1e-9) / squared(other).clamp(min=1e-9) for one, other in pairs]
        decibels = (10 * torch.stack(ratio).log10()).mean()
        self.behind.mul_(SMOOTHED).add_(decibels * (1 - SMOOTHED))
        self.weight.add_(PULL * (self.options.behind - self.behind)).clamp_(math.log(1e-3), math.log(3.0))


def stepped(loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Make one step of an optimizer."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 0.5)
    optimizer.step()


def report(vivid: Vivid, told: list[Trial], terms: dict[str, Tensor]) -> None:
    """Try the averaged network without noise, print and write."""
    line = {"step": vivid.step, "seconds": round(vivid.seconds)}
    scores = tried(vivid.average, told)
    vivid.history.append(line | scores)
    line |= {name: round(float(it), 4) for name, it in terms.items()} | scores
    options, folder = {key: str(value) for key, value in vars(vivid.options).items()}, vivid.options.output
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"told": json.dumps({"generator": vivid.shape, "options": options, "history": vivid.history, **line})}
    write(folder / "network.safetensors", vivid.average.state_dict(), metadata)
    torch.save(vivid.saved(), folder / "state.part")
    (folder / "state.part").replace(folder / STATE)
    print(json.dumps(line), flush=True)


def main() -> None:
    """Read the command line, load the pictures and train."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--faithful", type=Path, required=True)
    parser.add_argument("--features", type=Path, help="weights of a VGG16, up to relu3_3; none: the critic alone")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--drawings", type=float, default=0.3, help="share of crops that are of drawings")
    parser.add_argument("--seconds", type=float, default=7200, help="of training, in all calls")
    parser.add_argument("--every", type=float, default=60, help="seconds between trials")
    parser.add_argument("--batch", type=int, default=16, help="mosaics of 4 px a step, each answered twice")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--decay", type=float, default=0.998, help="of the average")
    parser.add_argument("--behind", type=float, default=0.9, help="dB that the answers may lose")
    parser.add_argument("--weight", type=float, default=0.03, help="of features and critic, at first")
    parser.add_argument("--adversarial", type=float, default=0.5, help="weight of the critic against the features")
    parser.add_argument("--noise", type=int, default=4, help="channels of noise")
    parser.add_argument("--critic", type=int, default=64, help="width of the critic")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tries", type=int, default=12, help="validation pictures of each kind")
    parser.add_argument("--limit", type=int, default=None, help="training pictures of each kind")
    parser.add_argument("--float32", action="store_true", help="compute in full precision")
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    groups = [
        (read_pictures(found(options.pictures, name))[: options.limit], share)
        for name, share in (("photos", 1 - options.drawings), ("drawings", options.drawings))
        if share > 0
    ]
    pictures = Pictures(groups, device)
    held_out = {
        name: read_pictures(found(options.pictures, f"val_{name}"))[: options.tries] for name in ("photos", "drawings")
    }
    told, vivid = trials(held_out, device), Vivid(options, device)
    ready = f"ready after {time.monotonic() - started:.1f} s"
    print(json.dumps({"faithful": tried(vivid.faithful, told)}), ready, flush=True)
    terms: dict[str, Tensor] = {}
    last = tested = time.monotonic()
    while vivid.seconds < options.seconds:
        left = 1 - vivid.seconds / options.seconds
        for optimizer, factor in zip(vivid.optimizers, (1, 2), strict=True):
            optimizer.param_groups[0]["lr"] = options.rate * factor * min(1, 4 * left + 0.02)
        terms = vivid.learn(drawn(pictures, options.batch))
        if vivid.step % 10 == 0:
            float(terms["error"])  # waits for the device, so that the clock tells the truth
        now = time.monotonic()
        vivid.seconds, last = vivid.seconds + now - last, now
        if now - tested > options.every:
            report(vivid, told, terms)
            tested = last = time.monotonic()
    if terms and vivid.step > max((line["step"] for line in vivid.history), default=0):
        report(vivid, told, terms)


if __name__ == "__main__":
    main()
