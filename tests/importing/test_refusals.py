"""What is not the network's file, whole and with nothing left over, is refused in one sentence."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaint import cli
from inpaint.importing.convert import import_weights
from inpaint.importing.layouts import LAYOUTS
from tests.importing.authors.edge_connect import edge_connect_files
from tests.importing.authors.written import network, without_trunk

State = dict[str, Tensor]


@pytest.fixture
def state() -> State:
    return without_trunk(network("region_norm", width=4, blocks=2).state_dict())


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """Import a file that must be refused, through the command line, and return the sentence."""

    def refused_(content: object, layout: str = "region_norm", *more: str) -> str:
        path = tmp_path / "theirs.pth"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            torch.save(content, path)
        ended = call(path, "--as", layout, "-o", tmp_path / "ours.safetensors", *more)
        assert ended[0] == 1
        assert not (tmp_path / "ours.safetensors").exists()
        (line,) = ended[1].strip().splitlines()
        assert line.startswith("inpaint: ")
        return line

    return refused_


def call(*arguments: object) -> tuple[int, str, str]:
    """Run `inpaint import-weights` in this process; return its exit code, errors and output."""
    import contextlib
    import io

    before, sys.argv = sys.argv, ["inpaint", "import-weights", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    else:
        code = 0
    finally:
        sys.argv = before
    return code, err.getvalue(), out.getvalue()


def test_the_command_line_converts_and_reports(tmp_path: Path, state: State):
    torch.save({"generator": state}, tmp_path / "theirs.pth")
    code, errors, said = call(tmp_path / "theirs.pth", "--as", "region_norm", "-o", tmp_path / "a.safetensors")
    assert (code, errors) == (0, "")
    assert f"generator region_norm, {len(state)} entries" in said
    assert (tmp_path / "a.safetensors").is_file()


def test_missing_entries_are_named(refused: Callable[..., str], state: State):
    del state["decoder.9.bias"], state["encoder_in2.foreground_beta"]
    assert "lacks 2 it needs (encoder_in2.foreground_beta, decoder.9.bias)" in refused(state)


def test_entries_left_over_are_named(refused: Callable[..., str], state: State):
    said = refused(state | {"middle.0.conv_block.9.weight": torch.zeros(1)})
    assert "has 1 left over (middle.0.conv_block.9.weight)" in said


def test_both_faults_are_told_together(refused: Callable[..., str], state: State):
    state["decoder.9.offset"] = state.pop("decoder.9.bias")
    said = refused(state)
    assert "lacks 1 it needs (decoder.9.bias) and has 1 left over (decoder.9.offset)" in said


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("decoder.9.weight", (3, 4, 5, 5), "decoder.9.weight is [3, 4, 5, 5] where [3, 4, 7, 7] belongs"),
        ("encoder_conv1.weight", (4,), "should be a convolution's weight of 4 dimensions"),
    ],
)
def test_entries_of_another_shape_are_named(
    refused: Callable[..., str], state: State, name: str, shape: tuple[int, ...], words: str
):
    assert words in refused(state | {name: torch.zeros(shape)})


class Malicious:
    """Touches a file when it is unpickled."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("pure", [True, False])
def test_a_pickle_that_wants_code_is_refused_and_runs_nothing(
    refused: Callable[..., str], state: State, tmp_path: Path, pure: bool
):
    marker = tmp_path / "executed"
    content = {**state, "extra": Malicious(marker)}
    said = refused(pickle.dumps(content, protocol=2) if pure else content)
    assert not marker.exists()
    assert "wants to run code" in said
    if not pure:
        torch.load(tmp_path / "theirs.pth", weights_only=False)  # it would have run
        assert marker.exists()


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80\x02garbage", None])
def test_what_is_no_file_of_weights_is_refused(refused: Callable[..., str], content: bytes | None):
    said = refused(content)
    assert ("does not exist" if content is None else "is not a PyTorch file") in said
    assert "weights_only" not in said


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], {}, torch.zeros(3), {"generator": {"a": 1}}])
def test_what_holds_no_weights_is_refused(refused: Callable[..., str], content: object):
    assert "holds no generator's weights" in refused(content)


def test_what_is_no_tensor_or_comes_twice_is_refused(refused: Callable[..., str], state: State):
    assert "'epoch' among the weights, which is no tensor but int" in refused({**state, "epoch": 3})
    twice = {**state, "module.decoder.9.bias": torch.zeros(3)}
    assert "'decoder.9.bias' twice" in refused(twice)


def test_choices_that_do_not_exist_are_refused(refused: Callable[..., str], state: State):
    assert f"--as 'resnet' is unknown; choose {', '.join(LAYOUTS)}" in refused(state, "resnet")
    assert "--channels 'grb' is unknown" in refused(state, "region_norm", "--channels", "grb")
    assert "--channels bgr does not apply to region_norm" in refused(state, "region_norm", "--channels", "bgr")
    assert "takes the generators of the authors' EdgeModel_gen.pth" in refused(state, "edge_connect")
    assert "--as pconv expects the entry 'enc_1.conv.input_conv.weight'" in refused(state, "pconv")
    assert "has no option 'size'" in refused(state, "region_norm", "--set", "generator.size=3")


def test_the_same_of_edge_connects_networks_twice_is_refused(tmp_path: Path):
    edges, painter = edge_connect_files(network("edge_connect", width=2).state_dict())
    for state, what in ((edges, "both"), (painter, "neither")):
        torch.save({"generator": state}, tmp_path / "a.pth")
        files = [tmp_path / "a.pth", tmp_path / "a.pth"]
        with pytest.raises(ValueError, match=f"{what} has it"):
            import_weights(files, tmp_path / "ours.safetensors", layout="edge_connect")


def test_the_output_is_a_checkpoint_and_another_file(tmp_path: Path):
    with pytest.raises(ValueError, match=r"should end in \.safetensors"):
        import_weights([tmp_path / "a.pth"], tmp_path / "b.pth", layout="region_norm")
    with pytest.raises(ValueError, match="also the file to read"):
        import_weights([tmp_path / "a.safetensors"], tmp_path / "a.safetensors", layout="region_norm")
