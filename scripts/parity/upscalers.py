"""Print checksums of small upscaling networks in authors' own code, as tests/generators/test_upscalers.py holds them.

    python scripts/parity/upscalers.py rlfn|imdn|span REPOSITORY

REPOSITORY is a folder with the authors' code, which you bring; nothing of it lies here.

| network | repository | commit |
| --- | --- | --- |
| rlfn | Amazingren/NTIRE2024_ESR | 6404fa4 |
| imdn | Zheng222/IMDN | 8f158e6 |
| span | spandrel 0.4.2, which needs no folder | |
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import fill, image, summary

SIDE = 24


def theirs(name: str) -> nn.Module:
    """Build the authors' network that enlarges four times."""
    if name == "rlfn":
        return importlib.import_module("models.team00_RLFN").RLFN_Prune()
    if name == "imdn":
        return importlib.import_module("model.architecture").IMDN()
    from spandrel.architectures.SPAN import SPAN

    return SPAN(num_in_ch=3, num_out_ch=3)


def main() -> None:
    """Print one network's count and checksum."""
    name, *repository = sys.argv[1:]
    sys.path[:0] = repository
    network = theirs(name)
    learned = [it for key, it in network.named_parameters() if "eval_conv" not in key]
    fill(network, order=[*learned, *(it for key, it in network.named_parameters() if "eval_conv" in key)])
    picture = image(3, SIDE, SIDE, unit_range=True)
    shown = picture * 255 if name == "rlfn" else picture
    with torch.no_grad():
        answer = network(shown)
    print(sum(it.numel() for it in learned), summary(answer / 255 if name == "rlfn" else answer))


if __name__ == "__main__":
    main()
