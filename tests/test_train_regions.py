"""Regions are drawn as they are named, and the network that judges them learns from them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inpaint.detection.region_network import CLASSES, RegionNetwork

ROOT = Path(__file__).resolve().parents[1]


def script(name: str) -> Any:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def test_cases_are_drawn_as_they_are_named_and_change_nothing_outside():
    cases, rng = script("region_cases"), np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (130, 140, 3), dtype=np.uint8)]
    assert tuple(cases.SHARES) == CLASSES
    drawn = [cases.region_case(pictures, rng) for _ in range(60)]
    assert {case.kind for case in drawn} == {0, 1, 2, 3}
    for case in drawn:
        assert case.picture.shape == (cases.WINDOW, cases.WINDOW, 3)
        assert cases.thickness(case.inside) >= cases.LEAST_CELLS_THICK * cases.SIDES[0]
        assert (case.side > 0) == (CLASSES[case.kind] == "cells")


def test_the_network_learns_and_goes_on_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    trainer, output = script("train_regions"), tmp_path / "regions.safetensors"
    command = ["train_regions.py", str(ROOT / "data/demo/clean"), "--output", str(output), "--minutes", "0.005"]
    monkeypatch.setattr(sys, "argv", command)
    trainer.main()
    monkeypatch.setattr(sys, "argv", [*command, "--start", str(output)])
    trainer.main()
    assert "80455 parameters" in capsys.readouterr().out
    torch.manual_seed(0)
    network, rng = RegionNetwork(), np.random.default_rng(0)
    pictures = trainer.read_pictures([ROOT / "data/demo/clean"])
    batch = [trainer.region_case(pictures, rng) for _ in range(8)]
    optimizer, losses = torch.optim.Adam(network.parameters(), 3e-3), []
    for _ in range(15):
        loss = trainer.loss_of(network, batch)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.6 * losses[0]
