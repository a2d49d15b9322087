"""Print how far published networks that are imported answer and learn from the authors' own code, and both times.

    python scripts/parity/imported.py edsr|srcnn|espcn|unet|rlfn|imdn|span REPOSITORY

REPOSITORY is a folder with the authors' code, which you bring; nothing of it lies here.

| network | repository | commit |
| --- | --- | --- |
| edsr | sanghyun-son/EDSR-PyTorch, its folder src | 3dd71ae |
| srcnn | yjn870/SRCNN-pytorch | 064dbaa |
| espcn | yjn870/ESPCN-pytorch | ab84ee1 |
| unet | milesial/Pytorch-UNet | 21d7850 |
| rlfn | Amazingren/NTIRE2024_ESR | 6404fa4 |
| imdn | Zheng222/IMDN | 8f158e6 |
| span | spandrel 0.4.2, which needs no folder: any word will do | |

Their network gets random weights of this package's own drawing, is saved as they save it, and is taken in by
`import_weights`.  What differs is in single precision, of pictures in [0, 1]; the counts are of both networks.  These
networks are taught by the mean absolute or squared error alone, so a step is that: the relative difference of the
losses, and of the gradients that reach the picture.  Times as in speed.py.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from network_checksums import theirs as upscaler
from speed import SIDE as TIMED_SIDE
from speed import least
from torch import Tensor, nn

from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.generators import GENERATORS
from inpaint.importing.convert import import_weights
from inpaint.layers.luma import video_luma
from inpaint.parts import build

SIDE = 32  # px
EDSR = {"n_resblocks": 16, "n_feats": 64, "scale": [4], "rgb_range": 255, "n_colors": 3, "res_scale": 1}
Answer = Callable[[Tensor], Tensor]


def theirs(name: str) -> tuple[nn.Module, Answer]:
    """Build the authors' network, and say how it is asked for a picture (1, 3, H, W)."""
    if name in ("rlfn", "imdn", "span"):
        network = upscaler(name)
        return network, (lambda picture: network(255 * picture) / 255) if name == "rlfn" else network
    if name == "edsr":
        network = importlib.import_module("model.edsr").EDSR(SimpleNamespace(**EDSR))
        return network, lambda picture: network(255 * picture) / 255
    if name == "unet":
        network = importlib.import_module("unet.unet_model").UNet(3, 3)
        return network, network
    if name == "espcn":
        network = importlib.import_module("models").ESPCN(scale_factor=4)
    else:
        network = importlib.import_module("models").SRCNN()
    return network, lambda picture: network(video_luma(picture))


def ours(name: str, file: Path) -> tuple[nn.Module, Answer]:
    """Import a file, and say how our network is asked for the same."""
    checkpoint = load_checkpoint(import_weights([file], file.with_suffix(".safetensors")).output)
    run = parse_run(checkpoint.run, str(file))
    network: Any = build(GENERATORS, run.generator, "generator")
    network.load_state_dict(checkpoint.weights)
    network.eval()
    if name == "unet":
        return network, lambda picture: network(picture, picture[:, :1]).image
    if name not in ("srcnn", "espcn"):
        return network, network.trunk
    return network, lambda picture: network.trunk.inner(video_luma(picture))


def step(answer: Answer, picture: Tensor, squared: bool) -> tuple[float, Tensor]:
    """Return the loss against a grey target, and its gradient at the picture."""
    asked = picture.clone().requires_grad_()
    found = answer(asked)
    loss = (F.mse_loss if squared else F.l1_loss)(found, torch.full_like(found, 0.5))
    (gradient,) = torch.autograd.grad(loss, asked)
    return loss.item(), gradient


def times(name: str, answers: dict[str, Answer]) -> str:
    """Return the CPU time of each for a picture of 256 px, of 64 cells a side where the network enlarges."""
    side = TIMED_SIDE if name in ("unet", "srcnn") else TIMED_SIDE // 4
    picture = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        seconds = least({key: partial(answer, picture) for key, answer in answers.items()})
    ratio = seconds["theirs"] / seconds["ours"]
    return f"{name}: theirs {seconds['theirs']:.3f} s, ours {seconds['ours']:.3f} s, {ratio:.2f} times as fast"


def main() -> None:
    """Print the counts, the largest difference of the answers, that of a step, and the times."""
    name, repository = sys.argv[1:]
    sys.path.insert(0, repository)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network, answer = theirs(name)
    for entry, tensor in network.state_dict().items():
        if tensor.is_floating_point() and "mean" not in entry and "var" not in entry:
            tensor.add_(0.02 * torch.randn_like(tensor))
    network.eval()
    picture = torch.rand(1, 3, SIDE, SIDE)
    with tempfile.TemporaryDirectory() as folder:
        torch.save(network.state_dict(), file := Path(folder) / "theirs.pth")
        own, taken = ours(name, file)
    learned = [sum(it.numel() for it in made.parameters() if it.requires_grad) for made in (network, own)]
    with torch.no_grad():
        wanted = answer(picture)
        off = (taken(picture) - wanted).abs().max().item()
    squared = name in ("srcnn", "espcn")
    (loss, gradient), (own_loss, own_gradient) = (step(it, picture, squared) for it in (answer, taken))
    losses, gradients = abs(own_loss / loss - 1), (own_gradient - gradient).norm() / gradient.norm()
    print(name, learned, f"answers {off:.1e} off, of {wanted.std().item():.3f}")
    print(f"a step: loss {losses:.1e}, gradient {gradients:.1e}")
    print(times(name, {"theirs": answer, "ours": taken}))


if __name__ == "__main__":
    main()
