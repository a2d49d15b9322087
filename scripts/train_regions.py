"""Train the small network that judges regions whose pixels no rule explains.

python scripts/train_regions.py PICTURES ... --output regions.safetensors [--minutes 20] [--held-out FOLDER ...]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from region_cases import SHARES, WINDOW, RegionCase, region_case
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inpaint import images
from inpaint.detection.region_network import RegionNetwork

BATCH = 32
HIGHEST_RATE = 3e-3
LONGEST_SIDE = 640  # px that pictures are shrunk to
SIDE_WEIGHT = 0.5
HELD_OUT_CASES = 1000
AVERAGE = 0.99
TIMES_TOLD = 8


def read_pictures(folders: list[Path]) -> list[np.ndarray]:
    """Return the pictures of folders, shrunk, that hold a window."""
    found = []
    for file in (file for folder in folders for file in images.find(folder)):
        picture = Image.open(file).convert("RGB")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        if min(picture.size) >= WINDOW:
            found.append(np.asarray(picture))
    return found


def batch_of(cases: list[RegionCase]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return pictures (B, 3, h, w), regions (B, 1, h, w), classes (B,) and sides (B,)."""
    pictures, regions, kinds, sides = zip(*cases, strict=True)
    shown = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return shown, torch.from_numpy(np.stack(regions))[:, None].float(), torch.tensor(kinds), torch.tensor(sides)


def loss_of(network: nn.Module, cases: list[RegionCase]) -> Tensor:
    """Return the cross entropy of the classes plus the error of the cells' sides."""
    shown, regions, kinds, sides = batch_of(cases)
    logits, side, each = network(shown, regions)
    inside = functional.interpolate(regions, each.shape[2:], mode="area")[:, 0] > 0.5
    everywhere = functional.cross_entropy(each, kinds[:, None, None] * inside)
    off = functional.smooth_l1_loss(side, sides.clamp(min=1).log(), reduction="none") * (sides > 0)
    return (
        functional.cross_entropy(logits, kinds) + everywhere + SIDE_WEIGHT * off.sum() / (sides > 0).sum().clamp(min=1)
    )


@torch.no_grad()
def table_of(network: nn.Module, pictures: list[np.ndarray]) -> str:
    """Return how held-out cases of each class are judged, in words."""
    rng, counts = np.random.default_rng(7), np.zeros((len(SHARES), len(SHARES)), int)
    for _ in range(HELD_OUT_CASES // 50):
        shown, regions, kinds, _ = batch_of([region_case(pictures, rng) for _ in range(50)])
        np.add.at(counts, (kinds.numpy(), network(shown, regions)[0].argmax(1).numpy()), 1)
    return "; ".join(f"{name} {row.tolist()}" for name, row in zip(SHARES, counts, strict=True))


def save(network: nn.Module, file: Path) -> None:
    """Save the weights in half precision."""
    kept = {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
    save_file({name: value.half() for name, value in kept.items()}, file)


def train(
    network: RegionNetwork,
    pictures: list[np.ndarray],
    held_out: list[np.ndarray],
    rng: np.random.Generator,
    minutes: float,
    output: Path,
) -> None:
    """Train for so many minutes of the clock, telling now and then how held-out cases are judged."""
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=HIGHEST_RATE, weight_decay=0.01)
    start, step, told, spent = time.monotonic(), 0, 0, 0.0
    while spent < 1:
        optimizer.param_groups[0]["lr"] = HIGHEST_RATE * min((step + 1) / 100, 1 - spent + 0.01)
        loss = loss_of(network, [region_case(pictures, rng) for _ in range(BATCH)])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        mean.update_parameters(network)
        step, spent = step + 1, (time.monotonic() - start) / 60 / minutes
        if spent >= told / TIMES_TOLD:
            told += 1
            mean.eval()
            judged = f": {table_of(mean.module, held_out)}" if held_out else ""
            print(f"step {step}, loss {loss.item():.3f}{judged}", flush=True)
            save(mean.module, output)


def main() -> None:
    """Train for the minutes that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", default=[])
    parser.add_argument("--minutes", type=float, default=20.0, help="of the clock")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    pictures, held_out = (read_pictures(folders) for folders in (options.folders, options.held_out))
    network = RegionNetwork()
    if options.start:
        network.load_state_dict({**network.state_dict(), **load_file(options.start)})
    print(f"{len(pictures)} pictures, {sum(it.numel() for it in network.parameters())} parameters", flush=True)
    train(network, pictures, held_out, rng, options.minutes, options.output)


if __name__ == "__main__":
    main()
