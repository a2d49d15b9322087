"""What PEPSI's TensorFlow checkpoints call its entries: Conv, Conv_1, ... in three scopes."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed


def pepsi_variables(state: State) -> tuple[State, ...]:
    decoder = [name for name in state if name.startswith("decoder") and name.endswith("weight")]

    def variable(name: str) -> str:
        leaf = "weights" if name.endswith("weight") else "biases"
        if name.startswith("attention"):
            return f"CB1/ML/{leaf}"
        stem = name.rsplit(".", 1)[0]
        number = decoder.index(f"{stem}.weight") if name.startswith("decoder") else int(name.split(".")[1])
        scope = "G_de" if name.startswith("decoder") else "G_en"
        return f"{scope}/Conv{f'_{number}' if number else ''}/{leaf}"

    return (renamed(state, ((name, variable(name)) for name in state)),)


CASES = {"pepsi": Case("pepsi", {"width": 4}, pepsi_variables)}
