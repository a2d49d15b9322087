"""Two processes act as one: gradients are averaged, and alone nothing happens."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as processes
from torch import nn

from inpaint import distributed

WORLD = 2


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(), nn.Conv2d(4, 2, 3))
    layers.append(nn.Conv2d(7, 7, 1))  # takes no part, so it has no gradient
    return layers.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def batch() -> torch.Tensor:
    return torch.rand(2 * WORLD, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def gradients(layers: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    answer = layers.get_submodule("2")(layers.get_submodule("1")(layers.get_submodule("0")(images)))
    answer.square().mean().backward()
    return {name: p.grad.clone() for name, p in layers.named_parameters() if p.grad is not None}


def work(rank: int, port: int, folder: str) -> None:
    """What torchrun would start as one of two ranks."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": WORLD, "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in told.items()})
    os.environ.update(MASTER_ADDR="127.0.0.1", CUDA_VISIBLE_DEVICES="")
    torch.set_num_threads(1)
    distributed.join()
    distributed.join()  # a second time changes nothing
    layers = network()
    own = gradients(layers, batch()[rank * 2 : rank * 2 + 2])
    distributed.average_gradients(layers.parameters())
    averaged = {name: p.grad for name, p in layers.named_parameters() if p.grad is not None}
    distributed.average_gradients([nn.Parameter(torch.zeros(2))])  # nothing to average: no rank waits
    (Path(folder) / f"reached{rank}").touch()
    distributed.barrier()
    together = all((Path(folder) / f"reached{other}").exists() for other in range(WORLD))
    seen = {"rank": distributed.rank(), "world": distributed.world_size(), "together": together}
    torch.save({"own": own, "averaged": averaged, **seen}, Path(folder) / f"{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes.spawn(work, (port, str(folder)), nprocs=WORLD)  # pyright: ignore[reportPrivateImportUsage]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(WORLD)]


def test_every_rank_knows_its_number_and_waits_for_the_other(ranks: list[dict[str, Any]]):
    assert [(told["rank"], told["world"], told["together"]) for told in ranks] == [(0, 2, True), (1, 2, True)]


def test_averaged_gradients_are_the_mean_over_the_ranks(ranks: list[dict[str, Any]]):
    for name, first in ranks[0]["own"].items():
        second = ranks[1]["own"][name]
        assert not torch.equal(first, second)
        for told in ranks:
            assert torch.equal(told["averaged"][name], (first + second) / 2)


def test_two_ranks_see_the_gradient_of_the_whole_batch(ranks: list[dict[str, Any]]):
    torch.testing.assert_close(ranks[0]["averaged"], gradients(network(), batch()), rtol=1e-4, atol=1e-7)


def test_alone_a_process_is_rank_0_of_1_and_gradients_stay(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    distributed.join()
    distributed.barrier()
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    layers = network()
    own = gradients(layers, batch())
    distributed.average_gradients(layers.parameters())
    assert all(torch.equal(layers.get_parameter(name).grad, own[name]) for name in own)  # pyright: ignore


@pytest.mark.parametrize(("local", "device"), [("1", 1), ("3", 3), (None, 0)])
def test_with_gpus_every_rank_takes_its_own_and_cpu_tensors_still_travel(
    monkeypatch: pytest.MonkeyPatch, local: str | None, device: int
):
    done: list[object] = []
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    if local is not None:
        monkeypatch.setenv("LOCAL_RANK", local)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", done.append)
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda *told, timeout: done.extend([*told, timeout]))
    distributed.join(timedelta(days=2))
    assert done == [device, "cpu:gloo,cuda:nccl", timedelta(days=2)]
