"""A network in an ONNX file, run by ONNX Runtime in the place of a generator.

Source: Open Neural Network Exchange.  What it was shown in training, the multiple of its sizes and the run that made it
stand in the file's metadata, so an exported network restores without torch's own layers and needs no other file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction

ONNX_FORMAT = "inpaint-onnx-1"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class Session(Generator):
    """An exported generator; `shows` says for each censor how the censored pixels are presented to it."""

    has_threads = True  # of ONNX Runtime, for every core, whatever thread asks

    def __init__(self, file: Path | bytes, *, device: str = "auto"):
        super().__init__()
        try:
            import onnxruntime
        except ImportError:
            raise ValueError("a .onnx file needs onnxruntime: install it with pip install 'inpaint[onnx]'") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors, which are raised as well
        providers = providers_of(device, onnxruntime.get_available_providers())
        where = "the exported network" if isinstance(file, bytes) else str(file)
        try:
            given: Any = file if isinstance(file, bytes) else str(file)
            self.session = onnxruntime.InferenceSession(given, options, providers=providers)
        except Exception as error:  # its own classes, one for every kind of damage
            raise ValueError(f"{where} is not a network that ONNX Runtime can run: {error}") from error
        about = self.session.get_modelmeta().custom_metadata_map
        if about.get("format") != ONNX_FORMAT:
            raise ValueError(f"{where} was not exported by this package: use inpaint export")
        self.multiple: int = json.loads(about["multiple"])
        self.shows: dict[str, str] = json.loads(about["shows"])
        self.view, self.side = json.loads(about.get("view", '["crop", 0]'))  # what it sees, of which training size
        self.reads = [entry.name for entry in self.session.get_inputs()]  # a network may not look at the mask
        self.mean_is_nearer: bool = json.loads(about.get("mean_is_nearer", "false"))
        self.cell_steps = tuple(json.loads(about.get("cell_steps", "[]")))

    def forward(self, image: Tensor, mask: Tensor, *, block: int = 0, guessed: float = 0.0) -> Prediction:
        """Restore pictures; block and guessed are those of a network over cells, which also answers "raw"."""
        given = {"image": image, "mask": mask, "guessed": torch.full((len(image), 1, 1, 1), guessed)}
        arrays: dict[str, Any] = {"block": np.array(block, np.int64)}
        arrays |= {name: it.detach().float().cpu().contiguous().numpy() for name, it in given.items()}
        restored, *more = self.session.run(None, {name: arrays[name] for name in self.reads})
        extras = dict(zip(["raw"], (torch.from_numpy(raw).to(image.device) for raw in more), strict=False))
        return Prediction(torch.from_numpy(restored).to(image.device), extras)


def providers_of(device: str, available: list[str]) -> list[str]:
    """Return which parts of ONNX Runtime compute, the fastest first; ValueError for a device that none is for."""
    if device == "cpu" or (device == "auto" and CUDA not in available):
        return [CPU]
    if device not in ("auto", "cuda"):
        raise ValueError(f"device {device!r} is not one that ONNX files run on; choose auto, cpu or cuda")
    if CUDA not in available:
        raise ValueError("this ONNX Runtime has no CUDA: install onnxruntime-gpu, or choose the device cpu")
    return [CUDA, CPU]


def load_onnx(path: Path, device: str, precision: str) -> Restorer:
    """Load an exported network; its tensors stay on the CPU, whatever ONNX Runtime computes on."""
    if precision not in ("auto", "float32"):
        raise ValueError(f"{path} computes in the precision that it was exported in: leave out {precision}")
    session = Session(path, device=device)
    return Restorer(session, shows=session.shows, device="cpu", side=session.side)
