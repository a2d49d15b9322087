"""Two processes of a batch of two learn what one learns from a batch of four."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaint.assemble import recipe_of
from inpaint.checkpoint import load_checkpoint, load_state
from inpaint.config import parse_run
from tests.runs import adversarial_tree, critics_tree, cycle_tree, edges_tree, folder_of_pictures, tiny_tree

WORK = """
import json, sys
import torch
from inpaint import distributed
from inpaint.assemble import trainer_of
from inpaint.config import parse_run
torch.set_num_threads(1)
distributed.join()
for name, tree in json.load(open(sys.argv[1])).items():
    resumed = tree.pop("resumed", False)
    trainer = trainer_of(parse_run(tree, name))
    if resumed:
        trainer.resume()
    trainer.fit()
    if name in ("two/supervised", "two/accumulated"):
        assert trainer.replicas is not None
    if "sharded" in name:
        mine = sum(it.to_local().numel() for it in trainer.recipe.parameters())
        assert mine < 0.7 * sum(it.numel() for it in trainer.recipe.parameters())
        moments = [it for state in trainer.players["generator"].optimizer.state.values() for it in state.values()]
        assert sum(hasattr(it, "to_local") for it in moments) >= len(moments) / 2
distributed.leave()
"""

WEIGHTS = {"hole_charbonnier": 1.0, "valid_mae": 0.3, "hole_mse": 1.0, "l1_per_hole": 0.5, "hole_l1": 1.0, "tv": 0.1}
JUDGE = {"name": "patch", "width": 4, "layers": 1, "norm": "none", "spectral": True}


def supervised(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """Terms of every kind, over masks whose areas differ much."""
    tree = tiny_tree(pictures, output, recipe={"name": "supervised", "weights": WEIGHTS})
    mask = [{"name": "boxes", "times": [1, 1], "sides": [3, 5]}, {"name": "boxes", "times": [3, 3], "sides": [14, 20]}]
    return tree | {"data": tree["data"] | {"mask": mask}} | more


def sharded(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    return supervised(pictures, output, shard=True, recompute=True) | more


def adversarial(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    tree = supervised(pictures, output)
    optim = {"generator": {"lr": 1e-3}, "judge": {"lr": 1e-3}}
    recipe = {"name": "adversarial", "weights": WEIGHTS, "feature_matching": 1.0}
    return tree | {"discriminators": {"judge": JUDGE}, "recipe": recipe, "optim": optim} | more


def region_wise(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    tree = supervised(pictures, output)
    optim = {"generator": {"lr": 1e-3}, "judge": {"lr": 1e-3}}
    recipe = {"name": "region_wise", "weights": {"hole_mae": 1.0, "coarse_l1": 1.0}}
    generator = {"name": "contextual", "width": 4}
    tree |= {"generator": generator, "discriminators": {"judge": JUDGE}, "recipe": recipe, "optim": optim}
    return tree | {"data": tree["data"] | {"crop": 32}} | more


def accumulated(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """Parts of a batch hold other samples on two ranks than on one, which a mean over all pixels does not notice."""
    plain = {"name": "supervised", "weights": {"l1": 1.0}}
    return supervised(pictures, output, recipe=plain, accumulate=2) | more


def flow(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """StructureFlow's three stages, two steps each.

    Steps are as long as their gradients (`eps`), or Adam would make long ones of what rounding leaves of zeros.
    """
    adam = {"name": "adam", "lr": 0.01, "eps": 1.0}
    judge = {"name": "structure_flow", "width": 4}
    tree = {
        "generator": {"name": "structure_flow", "width": 4},
        "discriminators": {"structure_discriminator": judge, "texture_discriminator": judge},
        "recipe": {
            "name": "structure_flow",
            "stages": {"structure": 0, "texture": 2, "joint": 4},
            "weights": {"l1": 1.0},
            "correctness": 0.25,
        },
        "features": {"name": "vgg16", "weights": "random", "content": ["relu3_1"], "style": []},
        "optim": dict.fromkeys(("structure", "texture", "structure_discriminator", "texture_discriminator"), adam),
    }
    tree = supervised(pictures, output) | tree
    return tree | {"data": tree["data"] | {"crop": 64}} | more


def distilled(pictures: Path, output: Path, **more: Any) -> dict[str, Any]:
    """MI-GAN with a teacher and R1, without the noise of each rank and a judge that compares its own samples."""
    adam = {"name": "adam", "lr": 0.1, "eps": 1.0}
    tree = {
        "generator": {"name": "migan", "width": 8, "widest": 8, "levels": 3, "tensors": 1},
        "discriminators": {"judge": JUDGE},
        "teachers": {"teacher": {"name": "residual_unet", "widths": [4, 8], "blocks": 1, "middle": 1}},
        "recipe": {"name": "distilled", "coarsest": 8, "penalty_every": 2},
        "optim": {"generator": adam | {"freeze": ["*noise_strength"]}, "judge": adam},
    }
    return supervised(pictures, output) | tree | more


EQUAL: dict[str, Callable[..., dict[str, Any]]] = {
    "supervised": supervised,
    "accumulated": accumulated,
    "adversarial": adversarial,
    "region_wise": region_wise,
    "edges": edges_tree,
    "flow": flow,
    "distilled": distilled,
}
RESUMED = {"norms": adversarial_tree, "pools": cycle_tree, "critics": critics_tree, "sharded": sharded}


def environment_of(rank: int, world: int, port: int) -> dict[str, str]:
    """What torchrun would tell one of its processes."""
    told = {"RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {
        **os.environ,
        **{key: str(it) for key, it in told.items()},
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def together(trees: dict[str, Any], folder: Path, world: int) -> None:
    """Fit these runs, one after the other, in so many processes."""
    path = folder / f"trees{world}.json"
    path.write_text(json.dumps(trees))
    port, command = free_port(), [sys.executable, "-c", WORK, str(path)]
    ranks = [
        subprocess.Popen(command, env=environment_of(rank, world, port), stderr=subprocess.PIPE, text=True)
        for rank in range(world)
    ]
    ends = [rank.communicate(timeout=300)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0] * world, ends[0][-3000:] + ends[-1][-3000:]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both kinds of EQUAL leave in one/NAME and two/NAME, and RESUMED in whole/NAME and parts/NAME."""
    folder = tmp_path_factory.mktemp("ranks")
    pictures = folder_of_pictures(folder / "pictures", count=6)

    def trees(kind: str, batch: int, chosen: dict[str, Any], **more: Any) -> dict[str, Any]:
        given = {name: tree(pictures, folder / kind / name, **more) for name, tree in chosen.items()}
        return {f"{kind}/{name}": tree | {"data": tree["data"] | {"batch": batch}} for name, tree in given.items()}

    together(trees("one", 4, EQUAL), folder, 1)
    parts = trees("parts", 2, RESUMED, steps=3)
    whole, rest = trees("whole", 2, RESUMED), trees("parts", 2, RESUMED)
    together(trees("two", 2, EQUAL) | whole | parts, folder, 2)
    together({name: tree | {"resumed": True} for name, tree in rest.items()}, folder, 2)
    return folder


def distance(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Return how far weights lie from each other, in parts of their length."""
    names = [name for name, value in one.items() if isinstance(value, torch.Tensor) and value.is_floating_point()]
    first, second = (torch.cat([it[name].double().flatten() for name in names]) for it in (one, other))
    return float((first - second).norm() / first.norm())


@pytest.mark.parametrize("name", EQUAL)
def test_two_ranks_learn_what_one_learns_from_twice_the_batch(name: str, runs: Path):
    one, two = (load_state(runs / kind / name / "state.pt") for kind in ("one", "two"))
    if name != "edges":  # an instance norm takes every bias before it away again: Adam steps it by rounding alone
        assert distance(one["recipe"], two["recipe"]) < 1e-5
    if name != "flow":  # it is cut to whole places, so that the last digit of a flow moves whole pixels
        assert distance({"answer": answer_of(one)}, {"answer": answer_of(two)}) < 1e-5


def answer_of(state: dict[str, Any]) -> torch.Tensor:
    """Return what the generator of a state makes of noise, (4, 3, 32, 32)."""
    recipe = recipe_of(parse_run(state["run"], "stored"))
    recipe.load_state_dict(state["recipe"])
    recipe.train(False)
    rng = torch.Generator().manual_seed(0)
    image, mask = torch.rand(4, 3, 32, 32, generator=rng), torch.rand(4, 1, 32, 32, generator=rng).round()
    with torch.no_grad():
        return recipe.generator(image * (1 - mask), mask).image


def test_a_network_that_is_divided_over_two_ranks_learns_what_a_whole_one_does(runs: Path):
    one, two = (load_state(runs / name / "state.pt") for name in ("one/supervised", "whole/sharded"))
    assert one["recipe"].keys() == two["recipe"].keys()
    for part in ("recipe", "average"):
        assert distance(one[part], two[part]) < 1e-5
    moments = [state["optimizers"]["generator"] for state in (one, two)]
    for name, mine in moments[0].items():
        assert distance(mine, moments[1][name]) < 1e-3, name
    answers = [
        load_checkpoint(runs / name / "last.safetensors").weights for name in ("one/supervised", "whole/sharded")
    ]
    assert distance(*answers) < 1e-5


@pytest.mark.parametrize("name", RESUMED)
def test_what_each_rank_has_for_itself_is_taken_up_again(name: str, runs: Path):
    whole, parts = (load_state(runs / kind / name / "state.pt") for kind in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 6
    for mine, theirs in zip([whole["recipe"], *whole["ranks"]], [parts["recipe"], *parts["ranks"]], strict=True):
        assert mine.keys() == theirs.keys()
        for key, value in mine.items():
            pictures = value if isinstance(value, list) else [value]
            others = theirs[key] if isinstance(value, list) else [theirs[key]]
            assert all(torch.equal(a, b) for a, b in zip(pictures, others, strict=True)), key


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_rank_that_dies_ends_all_with_one_sentence_and_a_state(tmp_path: Path):
    pictures, config, port = folder_of_pictures(tmp_path / "pictures"), tmp_path / "run.yaml", free_port()
    rarely = {"log": 1, "samples": 99_999, "validate": 99_999, "save": 99_999}
    config.write_text(json.dumps(tiny_tree(pictures, tmp_path / "run", steps=99_999, every=rarely)))
    ranks = [
        subprocess.Popen(
            [sys.executable, "-m", "inpaint", "train", str(config)],
            env=environment_of(rank, 2, port),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    journal, deadline = tmp_path / "run" / "journal.jsonl", time.monotonic() + 300
    while not (journal.is_file() and journal.read_text().count("\n") >= 5):
        assert ranks[0].poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    ranks[1].kill()
    err = ranks[0].communicate(timeout=120)[1]
    ranks[1].communicate()
    assert ranks[0].returncode == 1
    told = [line for line in err.replace("\r", "\n").splitlines() if line.strip() and "/99999 [" not in line]
    step = load_state(tmp_path / "run" / "state.pt")["step"]
    assert told[-2].startswith(
        f"Saved at step {step} of 99999.  Go on with: torchrun --nproc-per-node 2 -m inpaint train "
    )
    assert told[-1] == "inpaint: another process of this run ended, so process 0 of 2 cannot go on"
    assert len(told) == 2
