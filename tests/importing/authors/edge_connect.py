"""What EdgeConnect's authors call its entries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.importing.authors.written import Case, State, renamed


def edge_connect_files(state: State) -> tuple[State, State]:
    """Return the generators of the edge model and of the inpainting model."""

    def edges() -> Iterator[tuple[str, str]]:
        convolutions = [*(f"encoder.{n}" for n in (1, 4, 7)), "decoder.0", "decoder.3"]
        blocks = [f"middle.{n}.conv_block.{place}" for n, place in product(range(8), (1, 5))]
        for name in [*convolutions, *blocks]:
            yield f"{name}.parametrizations.weight.original", f"{name}.weight_orig"
            yield f"{name}.parametrizations.weight.0._u", f"{name}.weight_u"
            yield f"{name}.parametrizations.weight.0._v", f"{name}.weight_v"
        for name in [*(f"{name}.bias" for name in convolutions), "decoder.7.weight", "decoder.7.bias"]:
            yield name, name

    drawing = {name.removeprefix("edges."): it for name, it in state.items() if name.startswith("edges.")}
    painting = {name.removeprefix("painter."): it for name, it in state.items() if name.startswith("painter.")}
    return renamed(drawing, edges()), painting


def parametrized_files(state: State) -> tuple[State, State]:
    """Return the same two of a program that uses PyTorch's newer spectral norm."""
    drawing = {name.removeprefix("edges."): it for name, it in state.items() if name.startswith("edges.")}
    return drawing, edge_connect_files(state)[1]


CASES = {
    "edge connect": Case("edge_connect", {"width": 4}, edge_connect_files),
    "edge connect parametrized": Case("edge_connect", {"width": 4}, parametrized_files),
}
