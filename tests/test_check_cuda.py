"""The check of a graphics card, on the CPU with a tiny network: what it checks holds, and it says what does not."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inpaint.checkpoint import save_checkpoint
from inpaint.config import parse_run, run_to_tree
from inpaint.generators.residual_unet import ResidualUNet
from tests.runs import tiny_tree

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def script() -> Any:
    """The script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("check_cuda")
    finally:
        sys.path.pop(0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = ResidualUNet([4, 8], blocks=1, middle=1)
    nn.init.normal_(network.tail.weight, 0.0, 0.02)
    run = run_to_tree(parse_run(tiny_tree(tmp_path, tmp_path), "a test"))
    save_checkpoint(tmp_path / "tiny.safetensors", network.state_dict(), run=run, provenance={})
    return tmp_path / "tiny.safetensors"


def ended(script: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["check_cuda.py", "--device", "cpu", "--quick", *arguments])
    with pytest.raises(SystemExit) as stopped:
        script.main()
    return stopped.value.code


def test_little_memory_is_checked_on_a_cpu_too(
    script: Any, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code = ended(script, monkeypatch, "--model", str(model), "--parts", "memory")
    told = capsys.readouterr().out
    assert code == 0, told
    assert "1 tiles of 64 px together" in told
    assert "not enough memory to restore even 64 pixels" in told


def test_a_check_that_fails_ends_with_one_and_is_named(
    script: Any, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(setting: Any) -> Any:
        yield script.Check("something", "is wrong", False)
        raise RuntimeError("and more")

    broken.__name__ = "speed"
    monkeypatch.setattr(script, "speed", broken)
    assert ended(script, monkeypatch, "--model", str(model), "--parts", "speed") == 1
    told = capsys.readouterr().out
    assert "FAIL  something" in told
    assert "RuntimeError: and more" in told


def test_a_device_that_is_not_there_is_told_in_a_sentence(script: Any, monkeypatch: pytest.MonkeyPatch):
    assert "is not on this machine" in str(ended(script, monkeypatch, "--device", "cuda:99"))
