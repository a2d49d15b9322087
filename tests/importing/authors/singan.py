"""What the authors' program calls the entries of SinGAN's scales, the folders of which lie over each other here."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, renamed

OPTIONS = {"width": 4, "scales": 3, "least": 16}


def scales(state: State) -> State:
    """The last convolution of a generator lies in a sequence; sizes are those of the picture at each scale."""

    def entry(name: str) -> str:
        if name == "strengths":
            return name
        _, number, layer, *rest = name.split(".")
        return ".".join([number, layer, *(["0"] if layer == "tail" else []), *rest])

    sizes = {"sizes": torch.tensor([[16, 20], [24, 30], [36, 45]])}
    return renamed(state, ((name, entry(name)) for name in state)) | sizes


CASES = {"singan": Case("singan", OPTIONS, lambda state: (scales(state),))}
