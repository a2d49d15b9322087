"""What StructureFlow's authors call its entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, State

SUFFIXES = {"parametrizations.weight.original": "weight_orig", "parametrizations.weight.0.": "weight"}


def structure_flow_files(state: State) -> tuple[State, State]:
    """Return the file for textures and the one for structures, whose spectral norms are of the older kind."""
    files: dict[str, State] = {"structure": {}, "texture": {}}
    for name, tensor in state.items():
        half, _, rest = name.partition(".")
        for ours, theirs in SUFFIXES.items():
            rest = rest.replace(ours, theirs)
        files[half][rest] = tensor.clone()
    return files["texture"], files["structure"]


CASES = {"structure flow": Case("structure_flow", {"width": 4}, structure_flow_files)}
