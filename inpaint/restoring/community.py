"""Networks of other projects, which spandrel recognises by their entries, in the place of our own.

Any network of super-resolution removes mosaics: it enlarges their cells, step by step to any block.  Any network that
inpaints fills holes.  Spandrel (MIT) knows the architectures, and what sizes, tiles and precisions each of them takes;
nothing that a file holds is ever run.

Source: our own.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.device import find_device, precision_of
from inpaint.foreign_files import first_few, read_entries
from inpaint.layers.cell_upscaler import CellUpscaler
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction

COMMUNITY_SIDE = 512  # px of the square that a network is shown which should not be tiled
UNEXPORTABLE = "it is a network of another project"
OWN_PREFIXES = ("module.", "netG.", "net_g.", "_orig_mod.", "model.netG.")
NOT_GENERATORS = re.compile(r"(discriminator|loss\w*|val_evaluators?|test_evaluators?|visualizer)\.")


class UnknownNetwork(ValueError):
    """No network that spandrel knows has a file's entries."""


class DescribedTrunk(nn.Module):
    """A network as spandrel calls it: pictures (B, 3, h, w) in [0, 1], padded as it needs; grey ones see a colour."""

    def __init__(self, described: Any):
        super().__init__()
        self.network = described.model
        self.described = described

    def forward(self, pictures: Tensor) -> Tensor:
        shown = pictures if self.described.input_channels == 3 else pictures.flatten(0, 1)[:, None]
        answers = [self.described(one[None].contiguous()) for one in shown]
        return torch.cat(answers).clone().view(len(pictures), 3, *answers[0].shape[-2:])


class CommunityUpscaler(CellUpscaler):
    """A network of super-resolution that restores mosaics from their cells."""

    exportable: str | None = UNEXPORTABLE
    channels_last = False

    def __init__(self, described: Any):
        super().__init__(DescribedTrunk(described), described.scale, reduction="bicubic")
        self.view = view_by_tiling(described)


class CommunityInpainter(Generator):
    """A network that fills holes."""

    exportable: str | None = UNEXPORTABLE
    channels_last = False

    def __init__(self, described: Any):
        super().__init__()
        self.network = described.model
        self.described = described
        self.multiple = described.size_requirements.multiple_of
        self.view = view_by_tiling(described)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        pairs = zip(image, mask, strict=True)
        answers = [self.described(one[None].contiguous(), its[None].contiguous()) for one, its in pairs]
        return Prediction(torch.cat(answers).clone(), {})


def view_by_tiling(described: Any) -> View:
    """Return what a network must see: a crop, which may be tiled, unless its description advises against tiles."""
    views: dict[str, View] = {"SUPPORTED": "crop", "DISCOURAGED": "square", "INTERNAL": "whole"}
    return views[described.tiling.name]


def load_community(path: Path, *, device: str = "auto", precision: str = "auto") -> Restorer:
    """Load a file of another project, ready to restore mosaics or holes.

    Raises ValueError in a sentence where spandrel is missing, does not know the network, or it restores neither, and
    where it does not compute in the precision.
    """
    try:
        described = described_network(path)
    except UnknownNetwork as error:
        raise ValueError(f"{error}; inpaint models says whether it can be imported") from None
    network = community_generator(described, str(path))
    precision = precision_of(precision, find_device(device), trained="float32")
    if precision == "bfloat16" and not described.supports_bfloat16:
        raise ValueError(f"{path} is a {described.architecture.name}, which needs float32: leave out bfloat16")
    warnings.warn(
        f"{path.name} is a network of another project: its licence and its origin are yours to know",
        stacklevel=2,
    )
    return Restorer(network, shows=community_shows(network), device=device, precision=precision, side=COMMUNITY_SIDE)


def community_shows(network: Generator) -> dict[str, str]:
    """Return what a network of another project restores, and how it is shown that."""
    return {"mosaic": "nearest"} if network.cell_steps else {"hole": "black"}


def community_generator(described: Any, where: str) -> Generator:
    """Return a described network behind the contract of every generator."""
    name, channels = described.architecture.name, (described.input_channels, described.output_channels)
    if described.purpose == "Inpainting" and channels == (3, 3):
        return CommunityInpainter(described)
    if described.purpose == "SR" and described.scale > 1 and channels in ((3, 3), (1, 1)):
        return CommunityUpscaler(described)
    raise ValueError(
        f"{where} is a {name} for {described.purpose}, which enlarges {described.scale} times and makes {channels[1]} "
        f"channels of {channels[0]}: a network is needed that inpaints colours, or that enlarges at least twice"
    )


def described_network(path: Path) -> Any:
    """Return spandrel's description of the network in a file.  Raises ValueError where it knows none."""
    try:
        import spandrel
    except ImportError:
        raise ValueError(
            f"{path} is not a checkpoint of this package; networks of other projects need spandrel: install it with "
            "pip install 'inpaint[community]'"
        ) from None
    with suppress(ImportError):  # more architectures, with licences of their own, where somebody has installed them
        import spandrel_extra_arches  # pyright: ignore[reportMissingImports]

        with suppress(Exception):  # they are there already
            spandrel_extra_arches.install(ignore_duplicates=True)
    entries = generator_entries(read_entries(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about how an architecture is written
            described = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(entries))
    except spandrel.UnsupportedModelError:
        raise UnknownNetwork(
            f"{path} is not a checkpoint of this package, and spandrel knows no network with its entries "
            f"({first_few(entries, 4)})"
        ) from None
    except Exception as error:  # whatever an architecture stumbles over that is nearly its own
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{path} looks like a network that spandrel knows, but does not fit it: {reason}") from None
    return described.eval()


def generator_entries(entries: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a generator's entries without the prefixes of wrappers, and without those of other networks beside it."""
    names = {name: name for name in entries if not NOT_GENERATORS.match(name)}
    for prefix in OWN_PREFIXES * 2:
        if names and all(it.startswith(prefix) for it in names.values()):
            names = {name: it.removeprefix(prefix) for name, it in names.items()}
    return {names[name]: entries[name] for name in names}
