"""What PICNet's authors call its entries: every convolution twice, in a wrapper."""

from __future__ import annotations

from tests.importing.authors.written import Case, State

PLACES = {False: {"conv1": "model.1", "conv2": "model.3"}, True: {"conv1": "model.2", "conv2": "model.5"}}


def picnet_files(state: State) -> tuple[State, State]:
    """Return the encoder's and the decoder's file."""
    files: dict[str, State] = {"encoder": {}, "decoder": {}}
    for name, tensor in state.items():
        half, *path = name.split(".")
        entries = files[half]
        leaves = {"original": "weight_bar", "_u": "weight_u", "_v": "weight_v"}
        if "parametrizations" in path:
            place = path.index("parametrizations")
            path = [*path[:place], "module", leaves[path[-1]]]
        elif path[-2] in ("conv1", "conv2", "bypass"):
            path = [*path[:-1], "module", path[-1]]
        elif path[-2].startswith("norm"):
            path = [*path[:-2], "model", {"norm1": "0", "norm2": "3"}[path[-2]], path[-1]]
        entries[".".join(path)] = tensor.clone()
        if "module" in path:  # registered once more
            place = path.index("module") - 1
            again = "shortcut.0" if path[place] == "bypass" else PLACES["decoder0" in path][path[place]]
            entries[".".join([*path[:place], again, *path[place + 1 :]])] = tensor.clone()
    return files["decoder"], files["encoder"]


CASES = {"picnet": Case("picnet", {"width": 4}, picnet_files)}
