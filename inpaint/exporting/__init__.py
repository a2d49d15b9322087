"""Turns a network into an ONNX file for other tools, and proves that the file computes the same.

Source: torch's TorchScript exporter, which needs no package beside onnx and follows every convolutional network here at
any height, width and batch.  A generator that it cannot follow says why in its class attribute `exportable`.
"""

from __future__ import annotations

import copy
import inspect
import json
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from inpaint.assemble import load_network
from inpaint.checkpoint import load_checkpoint
from inpaint.contracts import Generator
from inpaint.exporting.graph_of_steps import graph_of_steps
from inpaint.files import atomically
from inpaint.restoring.by_censor import AnyRestorer, RestorerByCensor
from inpaint.restoring.onnx_session import ONNX_FORMAT, Session
from inpaint.restoring.restorer import Restorer
from inpaint.weights import NETWORKS_OF_DEFAULT, WITHOUT_GRID, model_file

OPSET = 17  # of 2022; ONNX Runtime 1.12 and newer
LARGEST_DIFFERENCE = 1e-4  # from torch, of [0, 1]
CHECKED_SIZES = ((1, 96, 64), (2, 128, 160))  # batch, height, width: what a file is checked with


class Checked(NamedTuple):
    """How far the file is from torch at one size."""

    size: tuple[int, int, int]  # batch, height, width
    difference: float  # the largest, of [0, 1]


class PictureOnly(nn.Module):
    """A generator that answers with the picture alone, as a graph of tensors needs it."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return self.generator(image, mask).image


def export(model: str | Path, output: Path | str) -> list[Checked]:
    """Write a bundled network or a checkpoint as ONNX; nothing is written where it differs from torch.

    The file has the inputs image (B, 3, H, W) in [0, 1] and, unless the network never looks at it, mask (B, 1, H, W) in
    {0, 1}, and the output restored (B, 3, H, W); H and W must divide by the metadata's "multiple".  A network over
    cells has more, see `graph_of_steps`.  Raises ValueError for networks that cannot be exported, and where
    the difference is above 1e-4.
    """
    output = Path(output)
    if output.suffix != ".onnx":
        raise ValueError(f"{output} should end with .onnx")
    restorer, data = exported(model)
    checked = compare(restorer.generator, Session(data, device="cpu"))
    worst = max(checked, key=lambda it: it.difference)
    if not all(it.difference <= LARGEST_DIFFERENCE for it in checked):  # NaN is not, either
        size = " x ".join(map(str, worst.size))
        raise ValueError(f"the ONNX file is up to {worst.difference:.1e} off at {size}; it was not written")
    with atomically(output) as temporary:
        temporary.write_bytes(data)
    return checked


def on_runtime(model: str | Path, *, device: str = "auto") -> AnyRestorer:
    """Load a bundled network, a checkpoint or an ONNX file to restore with ONNX Runtime."""
    if str(model) == "default":
        loaded = partial(session_restorer, device=device)
        networks = {censor: loaded(name) for censor, name in NETWORKS_OF_DEFAULT.items()}
        return RestorerByCensor(networks, without_grid=partial(loaded, WITHOUT_GRID))
    return session_restorer(model, device=device)


def session_restorer(model: str | Path, *, device: str) -> Restorer:
    """Load one network to restore with ONNX Runtime."""
    if Path(model).suffix == ".onnx":
        return load_network(model, device=device)
    _, data = exported(model)
    session = Session(data, device=device)
    return Restorer(session, shows=session.shows, device="cpu", side=session.side)


def exported(model: str | Path) -> tuple[Restorer, bytes]:
    """Return a network for torch and for ONNX."""
    restorer, run = load_network(model, device="cpu"), load_checkpoint(model_file(model)).run
    reason = restorer.generator.exportable
    if reason is not None:
        raise ValueError(f"a network {run['generator']['name']} cannot be exported to ONNX: {reason}")
    view = (restorer.generator.view, restorer.side)
    about = {"shows": restorer.shows, "multiple": restorer.multiple, "view": view, "run": run}
    about |= {"cell_steps": restorer.generator.cell_steps, "mean_is_nearer": restorer.generator.mean_is_nearer}
    return restorer, graph_of(restorer.generator, about)


def graph_of(generator: Generator, about: dict[str, Any]) -> bytes:
    """Return a generator as ONNX, with what it is in the metadata; batch, height and width are free."""
    try:
        import onnx
    except ImportError:
        raise ValueError("exporting needs onnx: install it with pip install 'inpaint[onnx]'") from None
    given, plain = scene(2, 64, 96, generator.multiple), with_plain_weights(generator)
    if generator.cell_steps:
        graph = graph_of_steps(plain, traced, given)
    else:
        names = ("image", "mask", "restored")
        free = {name: {0: "batch", 2: "height", 3: "width"} for name in names}
        graph = traced(PictureOnly(plain), given, input_names=names[:2], output_names=names[2:], dynamic_axes=free)
    metadata = {"format": ONNX_FORMAT} | {key: json.dumps(value) for key, value in about.items()}
    onnx.helper.set_model_props(graph, metadata)
    return graph.SerializeToString()


def traced(module: nn.Module, given: tuple[Tensor, ...], **options: Any) -> Any:
    """Return a module as an ONNX graph that was traced with some inputs.  options: of torch.onnx.export."""
    import onnx

    if "dynamo" in inspect.signature(torch.onnx.export).parameters:  # since torch 2.5
        options["dynamo"] = False
    with torch.no_grad(), warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # of sizes that become constants, which checking would find out
        file = str(Path(folder, "network.onnx"))
        torch.onnx.export(module.eval(), given, file, opset_version=OPSET, **options)
        return onnx.load(file)


def with_plain_weights(generator: Generator) -> Generator:
    """Return a copy whose weights are numbers, not computed from others as spectral normalisation does."""
    generator = copy.deepcopy(generator).eval()
    for module in [it for it in generator.modules() if parametrize.is_parametrized(it)]:
        # torch's own removal would take the weight from the class, which the copy shares with the original.
        weights = {name: getattr(module, name).detach() for name in module.parametrizations}  # pyright: ignore
        module.__class__ = type(module).__mro__[1]
        del module.parametrizations
        for name, weight in weights.items():
            module.register_parameter(name, nn.Parameter(weight))
    return generator


def compare(generator: Generator, session: Generator) -> list[Checked]:
    """Return how far two networks are from each other at two sizes, at the worst of their steps."""
    checked = []
    for batch, height, width in CHECKED_SIZES:
        image, mask = scene(batch, height, width, generator.multiple)
        with torch.no_grad():
            off = [
                (session(image, mask, **how).image - generator(image, mask, **how).image).abs().max()
                for how in [{"block": step, "guessed": 1.0} for step in generator.cell_steps] or [{}]
            ]
        checked.append(Checked((batch, image.shape[2], image.shape[3]), float(torch.stack(off).max())))
    return checked


def scene(batch: int, height: int, width: int, multiple: int) -> tuple[Tensor, Tensor]:
    """Return a picture and a mask with a box, their sides rounded up to a multiple."""
    rng = torch.Generator().manual_seed(height)
    height, width = (-(-side // multiple) * multiple for side in (height, width))
    image, mask = torch.rand(batch, 3, height, width, generator=rng), torch.zeros(batch, 1, height, width)
    mask[:, :, height // 4 : height // 2, width // 4 : width // 2] = 1
    return image, mask
