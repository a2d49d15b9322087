"""Two processes measure as one does: the same rows from half of the pictures each."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as processes

from inpaint import distributed
from inpaint.data.synthetic import render
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import Evaluation, evaluate
from inpaint.metrics import ALL_METRICS, METRICS, Metric
from inpaint.metrics.feature_sets import FeatureDistance, frechet_distance
from inpaint.randomness import rng_for

WORLD = 2
CASES = [parse_case("mosaic-8"), parse_case("hole-bars")]


def colours(picture: torch.Tensor) -> torch.Tensor:
    """Features that need no weights: the mean colours of the quarters."""
    return torch.nn.functional.adaptive_avg_pool2d(picture, 2).flatten(1)


def measured(folder: Path | None) -> Evaluation:
    pictures: list[Any] = [(f"p{number}", render((56, 72), rng_for("rank", number))) for number in range(5)]
    pictures.insert(2, ("tiny", torch.zeros(3, 4, 50)))
    fid = Metric("FID", "whole", "lower", 3, whole_set=FeatureDistance(colours, frechet_distance))
    metrics = METRICS | {"psnr_pooled_mask": ALL_METRICS["psnr_pooled_mask"], "fid_whole": fid}
    return evaluate({}, pictures, cases=CASES, metrics=metrics, folder=folder)


def work(rank: int, port: int, folder: str) -> None:
    """What torchrun would start as one of two ranks."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": WORLD, "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in told.items()})
    os.environ.update(MASTER_ADDR="127.0.0.1", CUDA_VISIBLE_DEVICES="")
    torch.set_num_threads(1)
    distributed.join()
    found = measured(Path(folder) / "numbers")
    again = measured(Path(folder) / "numbers")
    rows = [(row.case, row.method, row.count, row.scores, dict(row.errors)) for row in found.rows]
    skipped = [it.picture for it in found.skipped]
    kept = {"rows": rows, "skipped": skipped, "examples": len(found.examples), "reused": again.reused}
    torch.save(kept, Path(folder) / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_ranks_give_the_rows_of_one_and_read_each_others_numbers(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes.spawn(work, (port, str(tmp_path)), nprocs=WORLD)  # pyright: ignore[reportPrivateImportUsage]
    alone = measured(None)
    for rank in range(WORLD):
        told = torch.load(tmp_path / f"{rank}.pt", weights_only=False)
        assert told["skipped"] == ["tiny"]
        assert told["reused"] == 5 * 8  # all, whichever rank has measured them
        assert told["examples"] == (0 if rank else len(alone.examples))
        assert len(told["rows"]) == len(alone.rows)
        for (case, method, count, scores, errors), row in zip(told["rows"], alone.rows, strict=True):
            assert (case, method, count) == (row.case, row.method, row.count)
            assert scores == pytest.approx(row.scores, abs=1e-6)
            assert errors == pytest.approx(dict(row.errors), abs=1e-6)
    assert sorted(path.name for path in (tmp_path / "numbers").iterdir()) == ["numbers-0.jsonl", "numbers-1.jsonl"]
