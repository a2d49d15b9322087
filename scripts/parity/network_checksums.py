"""Print checksums of networks in authors' own code, as tests of their generators hold them.

    python scripts/parity/network_checksums.py rlfn|imdn|span|aot_gan REPOSITORY

REPOSITORY is a folder with the authors' code, which you bring; nothing of it lies here.

| network | repository | commit |
| --- | --- | --- |
| rlfn | Amazingren/NTIRE2024_ESR | 6404fa4 |
| imdn | Zheng222/IMDN | 8f158e6 |
| span | spandrel 0.4.2, which needs no folder | |
| aot_gan | researchmm/AOT-GAN-for-Inpainting | 2cd1afd |
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import fill, hole, image, summary  # pyright: ignore[reportMissingImports]

SIDE = 24


def theirs(name: str) -> nn.Module:
    """Build the authors' network; one of super-resolution enlarges four times."""
    if name == "aot_gan":
        options = SimpleNamespace(rates=[1, 2, 4, 8], block_num=8)
        return importlib.import_module("src.model.aotgan").InpaintGenerator(options)
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
    picture, side = image(3, SIDE, SIDE, unit_range=True), 64
    with torch.no_grad():
        if name == "aot_gan":
            given, mask = image(3, side, side), hole(side)
            answer = network(given * (1 - mask) + mask, mask)
        else:
            answer = network(picture * 255) / 255 if name == "rlfn" else network(picture)
    print(sum(it.numel() for it in learned), summary(answer))


if __name__ == "__main__":
    main()
