"""Train the network for holes by the clock, with pictures, masks and first guesses on the graphics card.

    python scripts/train_holes.py runs/sighted --photographs FOLDER --drawings FOLDER --seconds 780

Pictures come from folders or .tar files of encoded pictures.  --stop-after ends a sitting early; the same command goes
on where the last sitting ended.  RUN/sighted.safetensors is the averaged network, in half precision; RUN/log.txt what
was printed; the state to go on from lies in --state.  It needs no more of the package than torch, numpy and OpenCV.
"""

from __future__ import annotations

import argparse
import io
import itertools
import math
import tarfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import yaml
from PIL import Image, UnidentifiedImageError
from torch import Tensor, nn

from inpaint.average import Average
from inpaint.checkpoint import load_checkpoint, load_state, save_checkpoint, save_state
from inpaint.degradation.masks import MASKS
from inpaint.degradation.smooth import smooth_fill
from inpaint.generators import GENERATORS
from inpaint.sample import composite

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "sighted.yaml"
PHOTOGRAPHS = 0.75  # of the training crops
LARGEST_SHRINK = 3.0
VERSIONS = 3  # of each picture: as it is, and shrunk by two factors of its own
MASK_COUNT, MASK_SIDE = 4000, 320  # crops of the masks are taken, turned and mirrored
LAST_PART = 0.25  # of the time, in which the squared error is minimised
FLOOR = 1e-3  # of the squared error: below, a crop is good enough to count no more than others
VALIDATED, VALIDATION_SIDE = 16, 384  # pictures of a set, and their longest side, pixels
CPU = torch.device("cpu")


class Bank(NamedTuple):
    """Pictures of all sizes on one device."""

    pixels: Tensor  # (pixels of all pictures, 3), uint8
    starts: Tensor  # (P,), where a picture begins
    sizes: Tensor  # (P, 2), its height and width
    shares: Tensor  # (P,), how often it is drawn


def encoded(path: Path) -> Iterator[bytes]:
    """Yield the files of a folder or a .tar in the order of their names."""
    if path.is_dir():
        yield from (file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file())
        return
    with tarfile.open(path) as tar:
        for member in sorted((it for it in tar if it.isfile()), key=lambda it: it.name):
            file = tar.extractfile(member)
            assert file is not None
            yield file.read()


def decoded(data: bytes) -> np.ndarray | None:
    """Return a picture as RGB, uint8 (H, W, 3), or None for what is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture.convert("RGB"))
    except UnidentifiedImageError:
        return None


def versions(number: int, data: bytes, side: int) -> list[np.ndarray]:
    """Return a picture in several sizes, at least `side` pixels each way."""
    picture, rng = decoded(data), np.random.default_rng(number)
    if picture is None or min(picture.shape[:2]) < side:
        return []
    most = min(LARGEST_SHRINK, min(picture.shape[:2]) / side)
    shrunk = [picture]
    for factor in most ** rng.uniform(0.15, 1.0, VERSIONS - 1):
        size = (max(side, round(picture.shape[1] / factor)), max(side, round(picture.shape[0] / factor)))
        shrunk.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return shrunk


def bank_of(kinds: Sequence[tuple[Path, float]], side: int, device: torch.device) -> Bank:
    """Read all pictures of several kinds, each kind with its share of the crops, large pictures more often."""
    pictures, shares = [], []
    for path, share in kinds:
        with ThreadPoolExecutor() as pool:
            found = pool.map(versions, itertools.count(), encoded(path), itertools.repeat(side))
            mine = [picture for several in found for picture in several]
        if not mine:
            raise ValueError(f"{path} holds no picture of at least {side} pixels a side")
        # A version's pixels count by their root: crops of a shrunk picture tell more.
        weights = np.array([math.sqrt(picture.shape[0] * picture.shape[1]) for picture in mine])
        shares.append(share * weights / weights.sum())
        pictures += mine
    sizes = torch.tensor([picture.shape[:2] for picture in pictures])
    ends = sizes.prod(1).cumsum(0)
    pixels = torch.empty(int(ends[-1]), 3, dtype=torch.uint8)
    for picture, end in zip(pictures, ends.tolist(), strict=True):
        pixels[end - picture.shape[0] * picture.shape[1] : end] = torch.from_numpy(picture.reshape(-1, 3))
    parts = (pixels, ends - sizes.prod(1), sizes, torch.from_numpy(np.concatenate(shares)).float())
    return Bank(*(part.to(device) for part in parts))


def masks_of(choices: Sequence[dict[str, Any]], device: torch.device, count: int = MASK_COUNT) -> Tensor:
    """Draw masks from a config's choices, (count, MASK_SIDE, MASK_SIDE) bool."""
    shares = np.array([choice.get("share", 1.0) for choice in choices])
    samplers = [
        MASKS[choice["name"]](**{key: value for key, value in choice.items() if key not in ("name", "share")})
        for choice in choices
    ]
    drawn = np.random.default_rng(0).choice(len(samplers), count, p=shares / shares.sum())

    def one(number: int) -> Tensor:
        rng = torch.Generator().manual_seed(number)
        return samplers[drawn[number]]((MASK_SIDE, MASK_SIDE), rng)[0] > 0.5

    with ThreadPoolExecutor() as pool:
        return torch.stack(list(pool.map(one, range(count)))).to(device)


def places(count: int, side: int, sizes: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw where crops lie in pictures of these sizes (count, 2), turned and mirrored: rows, columns (count, S, S)."""
    device = sizes.device
    corner = (torch.rand(count, 2, generator=rng, device=device) * (sizes - side + 1)).long()[:, :, None, None]
    turn, upright, sideways = torch.randint(0, 2, (3, count, 1, 1), generator=rng, device=device, dtype=torch.bool)
    steps = torch.arange(side, device=device)
    down, right = steps[None, :, None], steps[None, None, :]
    down, right = torch.where(turn, right, down), torch.where(turn, down, right)
    down, right = torch.where(upright, side - 1 - down, down), torch.where(sideways, side - 1 - right, right)
    return corner[:, 0] + down, corner[:, 1] + right


def crops(bank: Bank, count: int, side: int, rng: torch.Generator) -> Tensor:
    """Draw crops of pictures, (count, 3, side, side) in [0, 1]."""
    chosen = torch.multinomial(bank.shares, count, replacement=True, generator=rng)
    rows, columns = places(count, side, bank.sizes[chosen], rng)
    index = bank.starts[chosen][:, None, None] + rows * bank.sizes[chosen][:, 1, None, None] + columns
    return bank.pixels[index].permute(0, 3, 1, 2).float().div_(255)


def holes(masks: Tensor, count: int, side: int, rng: torch.Generator) -> Tensor:
    """Draw crops of masks, (count, 1, side, side)."""
    chosen = torch.randint(0, len(masks), (count,), generator=rng, device=masks.device)
    sizes = torch.full((count, 2), masks.shape[1], device=masks.device)
    rows, columns = places(count, side, sizes, rng)
    return masks[chosen[:, None, None], rows, columns][:, None].float()


def loss_of(answer: Tensor, target: Tensor, mask: Tensor, squared: bool) -> Tensor:
    """Return the Charbonnier loss in the hole, or the logarithm of the squared error, which PSNR is made of."""
    error = (answer.float() - target) * mask
    area = 3 * mask.sum((1, 2, 3)) + 300.0  # (B,); a crop with next to no hole counts little
    if squared:
        return (error.square().sum((1, 2, 3)) / area + FLOOR).log().mean() / 10
    return (((error.square() + 1e-6).sqrt() - 1e-3).sum((1, 2, 3)) / area).mean()


class Case(NamedTuple):
    """A picture to validate on."""

    name: str
    target: Tensor  # (1, 3, H, W)
    mask: Tensor
    guess: Tensor


def cases_of(name: str, path: Path, multiple: int) -> list[Case]:
    """Cut the middles out of the pictures of a folder or .tar and put fixed scribbles and boxes on them."""
    found = []
    for number, data in enumerate(itertools.islice(encoded(path), VALIDATED)):
        picture = decoded(data)
        if picture is None:
            continue
        height, width = (min(VALIDATION_SIDE, side) // multiple * multiple for side in picture.shape[:2])
        top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
        middle = np.ascontiguousarray(picture[top : top + height, left : left + width])
        target = torch.from_numpy(middle).permute(2, 0, 1)[None].float() / 255
        for kind, sampler in (
            ("scribbles", MASKS["scribbles"](count=[8, 11])),
            ("boxes", MASKS["boxes"](times=[5, 5], sides=[48, 48], margin=0)),
        ):
            mask = sampler((height, width), torch.Generator().manual_seed(number))[None]
            found.append(Case(f"{name} {kind}", target, mask, smooth_fill(target, mask)))
    return found


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


def told(scores: dict[str, float]) -> str:
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
    """The network, its optimizer and its average, at a moment of the training's time."""

    def __init__(self, run: dict[str, Any], device: torch.device):
        options = {key: value for key, value in run["generator"].items() if key != "name"}
        torch.manual_seed(run.get("seed", 0))
        network = GENERATORS[run["generator"]["name"]](**options)
        self.network = network.to(device=device, memory_format=torch.channels_last)  # pyright: ignore
        self.average = Average(self.network, run["ema"])
        optim = run["optim"]["generator"]
        self.rate, self.warmup = optim["lr"], optim["warmup"]
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=self.rate,
            betas=tuple(optim["betas"]),
            weight_decay=optim.get("weight_decay", 0.0),
            fused=device.type == "cuda",
        )
        self.run, self.step, self.seconds = run, 0, 0.0
        self.bfloat16, self.device = run["precision"] == "bfloat16", device

    def resume(self, state: Path, weights: Path, log: Log) -> None:
        """Go on from a state; where that is lost, from the averaged network alone."""
        if state.is_file():
            saved = load_state(state)
            self.network.load_state_dict(saved["network"])
            self.average.network.load_state_dict(saved["average"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.seconds = saved["step"], saved["seconds"]
        elif weights.is_file():
            checkpoint = load_checkpoint(weights)
            self.network.load_state_dict(checkpoint.weights)
            self.average.network.load_state_dict(checkpoint.weights)
            self.step, self.seconds = checkpoint.provenance["step"], checkpoint.provenance["seconds"]
        if self.step:
            log(f"goes on from step {self.step:,}, {self.seconds:.0f} s, {'state' if state.is_file() else 'weights'}")

    def save(self, state: Path, weights: Path, scores: dict[str, float]) -> None:
        provenance = {"step": self.step, "seconds": self.seconds, "torch": torch.__version__, "psnr": scores}
        if self.device.type == "cuda":
            provenance["machine"] = torch.cuda.get_device_name()
        kept = self.average.network.state_dict()
        save_checkpoint(weights, kept, run=self.run, provenance=provenance, dtype=torch.float16)
        parts = {"network": self.network.state_dict(), "average": kept, "optimizer": self.optimizer.state_dict()}
        save_state(state, {**parts, "step": self.step, "seconds": self.seconds})

    def learn(self, asked: nn.Module, target: Tensor, mask: Tensor, done: float) -> Tensor:
        """Take one step; asked: the network, perhaps compiled.  done: part of the training's time."""
        rate = self.rate * (1 + math.cos(math.pi * min(done, 1.0))) / 2 * min(1.0, (self.step + 1) / self.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        guess = smooth_fill(target, mask, everywhere=True).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            answer = asked(guess, mask).image
        loss = loss_of(answer, target, mask, squared=done > 1 - LAST_PART)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.run["clip"])
        self.optimizer.step()
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
    training.optimizer.zero_grad(set_to_none=True)
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
    training = Training(run, device)
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
    count = sum(parameter.numel() for parameter in training.network.parameters())
    log(f"{len(bank.sizes):,} pictures, {len(bank.pixels) / 1e6:.0f} MP, {len(masks):,} masks, {count:,} parameters")
    log(f"{masks.float().mean():.1%} masked; first guess: {told(validate(None, cases, device))}")
    asked = compiled(training, bank, masks, options, log)
    rng = torch.Generator(device).manual_seed(1000 + training.step)
    losses, last, saved = [], time.monotonic(), time.monotonic()
    log(f"training from {training.seconds:.0f} s of {options.seconds:.0f} s, crops of {options.crop}")
    while training.seconds < options.seconds and time.monotonic() - log.start < options.stop_after:
        done = training.seconds / options.seconds
        target = crops(bank, options.batch, options.crop, rng)
        mask = holes(masks, options.batch, options.crop, rng)
        losses.append(training.learn(asked, target, mask, done))
        if len(losses) % 8 == 0:
            losses[-1].item()  # waits for the card, so that the clock tells what was learned
        now = time.monotonic()
        training.seconds, last = training.seconds + now - last, now
        if now - saved > options.every:
            report(training, losses, cases, log)
            training.save(state, weights, validate(training.average.network, cases, device))
            losses, last = [], time.monotonic()
            saved = last
    if losses:
        report(training, losses, cases, log)
    training.save(state, weights, validate(training.average.network, cases, device))
    log(f"ends at step {training.step:,}, {training.seconds:.0f} s")


def report(training: Training, losses: Sequence[Tensor], cases: Sequence[Case], log: Log) -> None:
    """Say how far the training is."""
    scores = validate(training.average.network, cases, training.device)
    mean = float(torch.stack(list(losses)).mean())
    log(f"step {training.step:,}  {training.seconds:.0f} s  loss {mean:.5f}  {told(scores)}")


if __name__ == "__main__":
    main()
