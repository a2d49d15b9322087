"""What the authors' TensorFlow checkpoint calls the entries of SC-FEGAN."""

from __future__ import annotations

import torch

from tests.importing.authors.written import Case, State, renamed


def variables(state: State) -> State:
    """Gated layers are two of TensorFlow's, enlargements one kernel and two biases."""

    def variable(name: str) -> str:
        _, layer, *rest = name.split(".")
        if layer.startswith("deconv"):
            return f"generator/{layer}/" + {"weight": "w", "bias": "biases1", "gate_bias": "biases2"}[rest[0]]
        scope = {"feature": layer, "gate": f"{layer}_g"}[rest[0]]
        return f"generator/{scope}/" + {"weight": "kernel", "bias": "bias"}[rest[1]]

    return renamed(state, ((name, variable(name)) for name in state)) | {"global_step": torch.zeros(())}


CASES = {"sc_fegan": Case("sc_fegan", {"width": 4, "released": True}, lambda state: (variables(state),))}
