"""Teach a network over cells to invent detail: the second stage, from the weights of the first.

    python scripts/train_vivid.py PICTURES --faithful runs/cells/network.safetensors --features vgg16.safetensors \
        --output runs/vivid --seconds 7200

The same network with noise as one more input learns from the absolute error, from features of a VGG and from a critic
of patches, at every octave; every answer keeps the measured means.  How much the critic counts is regulated so that the
answers stay a chosen number of dB behind the faithful ones, --behind.  It stops by the clock and is written once a
minute; it goes on where it stopped no further than with the generator: the critic begins anew.
No bundled network comes from it: it has run for a few steps on a CPU only.
Source: a critic of patches (Isola et al. 2017) with spectral normalisation and the hinge loss (Miyato et al. 2018).
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from cell_batches import FINER, WINDOW, Batch, Part, drawn, windowed
from cell_validation import Trial, trials, tried
from device_pictures import Pictures, read_pictures
from patch_critic import Critic
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from train_cells import found, write

from inpaint.features.vgg import VggFeatures
from inpaint.generators.cells import Cells, build, repeated, with_means

TAPS = ("relu1_2", "relu2_2", "relu3_3")
SMOOTHED = 0.98  # of the measured distance from the faithful answer
PULL = 0.02  # how fast the critic's weight follows it, per dB and step


def answers(network: Cells, batch: Batch, *, vary: bool) -> list[tuple[Part, Tensor]]:
    """Return every step's part, and the answer with the measured means; the last steps start from the first ones'."""
    made, last = [], [(batch.near, 4)]
    for chain, step, block in ((batch.mid, 2, 8), (batch.far, 4, 16)):
        prediction = network(
            chain.first.image, chain.first.mask, block=step, **noise_for(network, chain.first, step, vary)
        )
        made.append((chain.first, prediction.image.float()))
        answer = windowed(prediction.image.detach().float(), chain.window, WINDOW)
        shown = torch.where(chain.last.mask > 0.5, repeated(answer, FINER), chain.last.image)
        last.append((chain.last._replace(image=shown), block))
    sizes = [len(part.image) for part, _ in last]
    guessed = torch.cat([torch.full((size, 1, 1, 1), float(it > 0)) for it, size in enumerate(sizes)])
    image, mask, target = (torch.cat([part[it] for part, _ in last]) for it in range(3))
    whole = Part(image, mask, target, batch.near.cells)
    varied = noise_for(network, whole, FINER, vary)
    raw = network(whole.image, whole.mask, block=FINER, guessed=guessed.to(whole.image), **varied).extras["raw"].float()
    for (part, block), answer in zip(last, raw.split(sizes), strict=True):
        made.append((part, with_means(answer, part.mask, part.cells, block)))
    return made


def noise_for(network: Cells, part: Part, step: int, vary: bool) -> dict[str, Tensor]:
    """Draw noise for the cells of a part."""
    if not vary:
        return {}
    size = part.image.shape[2] // step, part.image.shape[3] // step
    return {"noise": torch.randn(len(part.image), network.noise_channels, *size, device=part.image.device)}


def composite(part: Part, answer: Tensor) -> Tensor:
    """Take the answer in the mask and the original elsewhere."""
    return torch.where(part.mask > 0.5, answer, part.target)


def judged(scores: Tensor, part: Part) -> Tensor:
    """Return the mean of scores per patch, over the patches that lie in the mask."""
    share = F.adaptive_avg_pool2d(part.mask, (scores.shape[2], scores.shape[3]))
    return (scores.float() * share).sum() / share.sum().clamp(min=1)


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
        self.faithful = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.average = copy.deepcopy(self.faithful)
        if (options.output / "network.safetensors").exists():
            for network in (self.network, self.average):
                network.load_state_dict(load_file(options.output / "network.safetensors", device=str(device)))
        self.critic = Critic(options.critic).to(device, memory_format=torch.channels_last)  # pyright: ignore
        self.features = VggFeatures("vgg16", weights=options.features, content=TAPS, style=TAPS)
        fused = {"betas": (0.5, 0.99), "fused": True}
        self.optimizers = [
            torch.optim.Adam(self.network.parameters(), options.rate, **fused),
            torch.optim.Adam(self.critic.parameters(), 2 * options.rate, **fused),
        ]
        self.weight = torch.tensor(math.log(options.weight), device=device)  # logarithm of what the critic counts
        self.behind = torch.zeros((), device=device)
        self.step = 0

    def built(self) -> Cells:
        network = build(**self.shape)
        assert isinstance(network, Cells)
        return network.to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def learn(self, batch: Batch) -> dict[str, Tensor]:
        """Step the critic, then the network; returns the terms of both."""
        cast = torch.autocast(self.device.type, torch.bfloat16, not self.options.float32)
        with cast:
            made = answers(self.network, batch, vary=True)
            fakes = [composite(part, answer) for part, answer in made]
            real = sum(judged(F.relu(1 - self.critic(part.target)), part) for part, _ in made)
            fooled = sum(
                judged(F.relu(1 + self.critic(it.detach())), part) for it, (part, _) in zip(fakes, made, strict=True)
            )
            critic = torch.as_tensor(real + fooled) / len(made)
        stepped(critic, self.critic, self.optimizers[1])
        self.critic.requires_grad_(False)
        with cast:
            scores = [judged(self.critic(fake), part) for fake, (part, _) in zip(fakes, made, strict=True)]
            adversarial = -torch.stack(scores).mean()
            perceptual = torch.stack(
                [self.perceptual(part, fake) for fake, (part, _) in zip(fakes[2:], made[2:], strict=True)]
            )
            error = torch.stack([absolute(part, answer) for part, answer in made]).mean()
        loss = error + self.weight.exp() * (perceptual.mean() + self.options.adversarial * adversarial)
        stepped(loss, self.network, self.optimizers[0])
        self.critic.requires_grad_(True)
        self.regulate(batch, made)
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mine.lerp_(theirs, 1 - min(self.options.decay, (1 + self.step) / (10 + self.step)))
        self.step += 1
        terms = {"error": error, "perceptual": perceptual.mean(), "adversarial": adversarial, "critic": critic}
        return {name: it.detach() for name, it in terms.items()} | {"behind": self.behind, "weight": self.weight.exp()}

    def perceptual(self, part: Part, fake: Tensor) -> Tensor:
        """Return how far the features of an answer are from the original's, relative to their size."""
        with torch.no_grad():
            wanted = self.features(part.target)
        given = self.features(fake)
        terms = [(given[tap] - wanted[tap]).abs().mean() / wanted[tap].abs().mean().clamp(min=1e-6) for tap in TAPS]
        return torch.stack(terms).mean() / part.mask.mean().clamp(min=0.05)

    @torch.no_grad()
    def regulate(self, batch: Batch, made: list[tuple[Part, Tensor]]) -> None:
        """Let what is not the absolute error count more while the answers are nearer than wanted, or else less."""
        with torch.autocast(self.device.type, torch.bfloat16, not self.options.float32):
            faithful = answers(self.faithful, batch, vary=False)
        pairs = zip(made, faithful, strict=True)
        ratio = [squared(*one).clamp(min=1e-9) / squared(*other).clamp(min=1e-9) for one, other in pairs]
        decibels = (10 * torch.stack(ratio[2:]).log10()).mean()  # of the last steps
        self.behind.mul_(SMOOTHED).add_(decibels * (1 - SMOOTHED))
        self.weight.add_(PULL * (self.options.behind - self.behind)).clamp_(math.log(1e-3), math.log(3.0))


def stepped(loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Make one step of an optimizer."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 0.5)
    optimizer.step()


def absolute(part: Part, answer: Tensor) -> Tensor:
    return ((answer - part.target).abs() * part.mask).sum() / (3 * part.mask.sum().clamp(min=1))


def squared(part: Part, answer: Tensor) -> Tensor:
    return ((answer - part.target).square() * part.mask).sum() / (3 * part.mask.sum().clamp(min=1))


def report(vivid: Vivid, told: list[Trial], terms: dict[str, Tensor], started: float) -> None:
    """Try the averaged network without noise, print and write."""
    seconds = round(time.monotonic() - started)
    line = {"step": vivid.step, "seconds": seconds} | {name: round(float(it), 4) for name, it in terms.items()}
    line |= tried(vivid.average, told)
    options = {key: str(value) for key, value in vars(vivid.options).items()}
    vivid.options.output.mkdir(parents=True, exist_ok=True)
    metadata = {"told": json.dumps({"generator": vivid.shape, "options": options, **line})}
    write(vivid.options.output / "network.safetensors", vivid.average.state_dict(), metadata)
    print(json.dumps(line), flush=True)


def main() -> None:
    """Read the command line, load the pictures and train."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--faithful", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="weights of a VGG16, up to relu3_3 at least")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--drawings", type=float, default=0.3, help="share of crops that are of drawings")
    parser.add_argument("--seconds", type=float, default=7200, help="of this call, loading included")
    parser.add_argument("--every", type=float, default=60, help="seconds between trials")
    parser.add_argument("--batch", type=int, default=32, help="mosaics of 4 px a step")
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
    begun = tested = time.monotonic()
    terms: dict[str, Tensor] = {}
    end = started + options.seconds
    while time.monotonic() < end:
        progress = (time.monotonic() - begun) / max(end - begun, 1e-3)
        for optimizer, factor in zip(vivid.optimizers, (1, 2), strict=True):
            optimizer.param_groups[0]["lr"] = options.rate * factor * min(1, 4 * (1 - progress) + 0.02)
        terms = vivid.learn(drawn(pictures, options.batch))
        if vivid.step % 10 == 0:
            float(terms["error"])  # waits for the device, so that the clock tells the truth
        if time.monotonic() - tested > options.every:
            report(vivid, told, terms, started)
            tested = time.monotonic()
    report(vivid, told, terms, started)


if __name__ == "__main__":
    main()
