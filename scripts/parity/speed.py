"""Time a generator beside the authors' own code: one thread, pictures of 256 px, in turns, the least CPU time of each.

    python scripts/parity/speed.py METHOD REPOSITORY [NEURALGYM]

REPOSITORY is a folder with the authors' code, which you bring, at the commit that `docs/parity.md` names.  DeepFill,
PEPSI and region-wise inpainting need what tensorflow_step.py needs.  The networks have the sizes of the published runs
and random weights.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import torch
from torch import Tensor, nn

from inpaint.config import read_run
from inpaint.generators import GENERATORS
from inpaint.parts import build

ROOT = Path(__file__).parents[2]
SIDE, TIMES = 256, 4
UPSCALERS = {
    "imdn": "model.architecture:IMDN",
    "rlfn": "models.team00_RLFN:RLFN_Prune",
    "span": "spandrel.architectures.SPAN:SPAN",
}
CHALLENGE_RLFN = {"width": 46, "middle": 48, "blocks": 4, "peak": 255.0}
CHANGES = {  # of a published run's network, to be the authors' own
    "migan": {"tensors": 1},
    "rlfn": CHALLENGE_RLFN,
    "pconv": {"levels": 7},
    "plain_gated": {"width": 128, "attention": False},
}
Answer = Callable[[], Any]


def made(place: str, *given: Any, **options: Any) -> nn.Module:
    """Build a network that a module of the authors' holds; place: module:name."""
    module, name = place.split(":")
    network: nn.Module = getattr(importlib.import_module(module), name)(*given, **options)
    network.eval()  # which does not always return it
    return network


def torch_networks(method: str, image: Tensor, mask: Tensor) -> Answer:
    """Return what asks the authors' network in PyTorch."""
    if method == "pconv":
        network, known = made("net:PConvUNet"), (1 - mask).expand(-1, 3, -1, -1)
        return lambda: network(image * known, known)
    if method == "pix2pix":
        network = made("models.networks:UnetGenerator", 3, 3, 8, ngf=64, norm_layer=nn.BatchNorm2d)
        return lambda: network(image)
    if method == "cyclegan":
        network = made("models.networks:ResnetGenerator", 3, 3, 64, norm_layer=nn.InstanceNorm2d, n_blocks=9)
        return lambda: network(image)
    if method == "edge_connect":
        edges, painter = made("src.networks:EdgeGenerator"), made("src.networks:InpaintGenerator")
        grey = torch.cat([image[:, :1]] * 2 + [mask], 1)
        return lambda: painter(torch.cat([image, edges(grey)], 1))
    if method == "region_norm":
        network = made("networks:G_Net", input_channels=4, residual_blocks=8, threshold=0.8)
        return lambda: network(torch.cat([image, mask], 1), mask)
    if method == "aot_gan":
        network = made("src.model.aotgan:InpaintGenerator", SimpleNamespace(rates=[1, 2, 4, 8], block_num=8))
        return lambda: network(image, mask)
    if method == "lama":
        for missing in ("kornia", "kornia.geometry", "kornia.geometry.transform", "pytorch_lightning"):
            sys.modules[missing] = MagicMock()  # of parts that are not used
        ratios = {"ratio_gin": 0, "ratio_gout": 0, "enable_lfu": False}
        network = made(
            "saicinpainting.training.modules.ffc:FFCResNetGenerator",
            *(4, 3),
            n_blocks=18,
            init_conv_kwargs=ratios,
            downsample_conv_kwargs=ratios,
            resnet_conv_kwargs={"ratio_gin": 0.75, "ratio_gout": 0.75, "enable_lfu": False},
            add_out_act="sigmoid",
        )
        return lambda: network(torch.cat([image, mask], 1))
    if method == "plain_gated":
        told = {"pad_type": "zero", "activation": "lrelu", "norm": "in", "latent_channels": 64}
        network = made("network:GatedGenerator", SimpleNamespace(in_channels=4, out_channels=3, **told))
        return lambda: network(image, mask)
    if method == "migan":
        network = made("lib.model_zoo.migan_inference:Generator", SIDE)
        return lambda: network(torch.cat([0.5 - mask, image], 1))
    given = {"num_in_ch": 3, "num_out_ch": 3} if method == "span" else {}
    network, cells = made(UPSCALERS[method], **given), image[..., ::4, ::4].contiguous()
    return lambda: network(cells)


def ours(method: str, image: Tensor, mask: Tensor) -> Answer:
    """Return what asks our network of the published run."""
    part = read_run(ROOT / "configs" / f"{method.removeprefix('plain_')}.yaml").generator
    changes = CHANGES.get(method, {})
    network = build(GENERATORS, part.model_copy(update=changes), "generator").eval()
    if method in UPSCALERS:
        inner: Any = network.trunk
        cells = image[..., ::4, ::4].contiguous()
        return lambda: inner(cells)
    return lambda: network(image, mask)


def least(answers: dict[str, Answer]) -> dict[str, float]:
    """Return the least CPU time of each in seconds, asked in turns, after one that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(TIMES + 1):
        for name, answer in answers.items():
            start = time.process_time()
            answer()
            seconds[name].append(time.process_time() - start)
    return {name: min(them[1:]) for name, them in seconds.items()}


def main() -> None:
    """Print the times and their ratio."""
    method, repository, *neuralgym = sys.argv[1:]
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    sys.path[:0] = [repository, str(Path(__file__).parent)]
    torch.manual_seed(0)
    image, mask = torch.rand(1, 3, SIDE, SIDE), torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 64:192, 80:160] = 1
    if method in ("contextual", "gated", "pepsi", "region_wise"):
        theirs = importlib.import_module("tensorflow_speed").network_of(method, image, mask, neuralgym)
    else:
        theirs = torch_networks(method, image, mask)
    with torch.inference_mode():
        seconds = least({"theirs": theirs, "ours": ours(method, image, mask)})
    ratio = seconds["theirs"] / seconds["ours"]
    print(f"{method}: theirs {seconds['theirs']:.3f} s, ours {seconds['ours']:.3f} s, {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
