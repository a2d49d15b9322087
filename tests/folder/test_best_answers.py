"""Several answers of a network that draws them: as many as asked for, the most real one first."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.assemble import load_network, trainer_of
from inpaint.checkpoint import load_checkpoint
from inpaint.config import read_run
from inpaint.folder import decensor
from inpaint.restoring.by_censor import RestorerByCensor
from inpaint.restoring.restorer import Restorer
from inpaint.training.mixed_weights import mix_checkpoints
from tests.drawn_answers import LikesDark, Whims, drawing
from tests.folder_pictures import BOX, load, noise, only, painted, save, white
from tests.runs import folder_of_pictures

SMALL = Path(__file__).parents[2] / "configs" / "small"
SINGAN = ["generator.width=4", "generator.scales=3", "data.crop=36", "generator.least=14"]
DRAWING = {  # small twins that draw their answers, made smaller
    "picnet": ["generator.width=2", "discriminators.generated.width=2", "discriminators.reconstructed.width=2"],
    "dsi": ["generator.width=4"],
    "sc_fegan": ["generator.width=2", "discriminators.discriminator.width=2"],
    "singan": SINGAN,
}


def greys(folder: Path, restorer: Any, count: int, **options: Any) -> tuple[list[int], str]:
    """Restore a picture in so many ways; return the grey of each, by number, and the note."""
    save(folder / "in" / "a.png", painted(noise(), BOX))
    given = {"restorer": restorer, "variations": count, "grow": 0, **options}
    outcome = only(decensor(folder / "in", folder / "out", **given))
    shown = [load(path) for path in outcome.outputs]
    return [int(it[BOX][0, 0, 0]) for it in shown], outcome.note or ""


@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_most_real_answer_is_the_first_of_as_many_as_were_asked_for(count: int, tmp_path: Path):
    unordered, note = greys(tmp_path / "one", drawing(), count)
    assert len(set(unordered)) == count
    assert unordered != sorted(unordered)
    assert "without its discriminator" in note
    ordered, note = greys(tmp_path / "two", drawing({"judge": LikesDark()}), count)
    assert ordered == sorted(unordered)
    assert "discriminator" not in note
    both = {"judge": LikesDark(), "other": LikesDark(-3.0)}
    assert greys(tmp_path / "three", drawing(both), count)[0] == sorted(unordered)[::-1], "what they say is added"


def test_one_answer_is_asked_of_nobody_and_is_the_likeliest(tmp_path: Path):
    judge = LikesDark()
    assert greys(tmp_path, drawing({"judge": judge}), 1) == ([204], "")
    assert not judge.seen


def test_a_discriminator_sees_the_known_pixels_at_the_size_that_it_learned_from(tmp_path: Path):
    judge = LikesDark()
    greys(tmp_path, drawing({"judge": judge}, side=24), 2)
    assert {tuple(it.shape) for it in judge.seen} == {(1, 3, 24, 24)}
    greys(tmp_path, drawing({"judge": judge}), 2)
    known = torch.from_numpy(noise().copy()).permute(2, 0, 1) / 255
    known[(slice(None), *BOX)] = judge.seen[-1][0][(slice(None), *BOX)]
    assert torch.equal(judge.seen[-1][0], known)


def test_an_animation_has_one_order_for_all_of_its_frames(tmp_path: Path):
    from PIL import Image

    frames = [Image.fromarray(np.full((40, 50, 3), level, np.uint8)) for level in (60, 90, 120)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=50)
    save(tmp_path / "a_mask.png", white())
    restorer = drawing({"judge": LikesDark()})
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=restorer, masks=tmp_path, variations=8))
    shown = [int(load(path)[10, 10, 0]) for path in outcome.outputs]
    assert len(shown) == 8
    assert shown == sorted(shown)


def test_networks_for_both_censors_ask_the_one_for_holes(tmp_path: Path):
    both = RestorerByCensor({"hole": drawing({"judge": LikesDark()})})
    ordered, note = greys(tmp_path / "one", both, 4)
    assert (ordered, note) == (sorted(ordered), "")
    assert "without its discriminator" in greys(tmp_path / "two", RestorerByCensor({"hole": drawing()}), 4)[1]


def test_a_network_that_does_not_draw_has_no_use_for_a_discriminator():
    network = Whims()
    network.samples = False
    restorer = Restorer(network, shows={"hole": "grey"}, device="cpu", judges={"judge": LikesDark()})
    assert restorer.judges is None
    assert not restorer.unranked


@pytest.mark.parametrize("name", DRAWING)
def test_the_checkpoint_of_a_network_that_draws_carries_what_judges_it(name: str, tmp_path: Path):
    pictures = folder_of_pictures(tmp_path / "pictures", side=128)
    data = [f"data.train={pictures}", f"data.validation={pictures}", "data.workers=0", "device=cpu"]
    if name == "singan":
        data = [f"data.train={pictures}/picture0.png", "device=cpu"]
    run = read_run(SMALL / f"{name}.yaml", [*data, f"output={tmp_path / 'run'}", *DRAWING[name]])
    trainer = trainer_of(run)
    trainer.keeper.save_generator("best.safetensors")
    file = tmp_path / "run" / "best.safetensors"
    assert set(load_checkpoint(file).weights) == set(trainer.recipe.generator.state_dict())
    restorer, judges = load_network(file, device="cpu"), getattr(trainer.recipe, "judges")  # noqa: B009
    side = run.data.crop
    image, mask = torch.rand(3, side, side, generator=torch.Generator().manual_seed(1)), torch.zeros(1, side, side)
    mask[:, 8:24, 8:30] = 1
    for judge in judges.values():
        judge.eval()
    with torch.no_grad():
        said = sum(judge(image[None], image[None], mask[None]).logits.mean() for judge in judges.values())
    assert restorer.judges is not None
    assert restorer.judges.score(image, image, mask).item() == pytest.approx(float(said), rel=1e-4, abs=1e-6)
    mix_checkpoints(file, file, tmp_path / "mixed.safetensors", alpha=0.5)
    assert load_network(tmp_path / "mixed.safetensors", device="cpu").judges is not None


def test_a_trained_picture_is_filled_in_eight_ways_the_most_real_first(tmp_path: Path):
    pictures = folder_of_pictures(tmp_path / "pictures", side=48, count=1)
    settings = [f"data.train={pictures}/picture0.png", f"output={tmp_path / 'run'}", "device=cpu", "steps=1", *SINGAN]
    trainer_of(read_run(SMALL / "singan.yaml", settings)).fit()
    restorer = load_network(tmp_path / "run" / "last.safetensors", device="cpu")
    assert isinstance(restorer, Restorer)
    assert restorer.judges is not None
    with torch.no_grad():  # a step teaches nothing: what it answers and says should be seen
        for network in (restorer.generator, *restorer.judges.networks):
            for kernel in (it for it in network.parameters() if it.ndim > 1):
                kernel.mul_(10)
    ask, scores = restorer.judges.score, list[float]()

    def score(answer: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        said = ask(answer, image, mask)
        scores.append(float(said))
        return said

    restorer.judges.score = score
    hole = painted(noise(48, 48) * 0, (slice(16, 30), slice(16, 34)), colour=(255, 255, 255))
    save(tmp_path / "mask.png", hole)
    given = {"restorer": restorer, "masks": tmp_path / "mask.png", "variations": 8}
    outcome = only(decensor(pictures / "picture0.png", tmp_path / "out", **given))
    shown = [load(path).astype(float) for path in outcome.outputs]
    assert (outcome.error, len(shown), len(scores)) == (None, 8, 8)
    assert len(set(scores)) == 8
    assert all(not np.array_equal(one, other) for one, other in combinations(shown, 2))
    only_one = {**given, "variations": 1}
    first = only(decensor(pictures / "picture0.png", tmp_path / "alone", **only_one))
    place = sorted(range(8), key=lambda number: -scores[number]).index(0)  # of the answer without noise
    assert np.array_equal(load(first.outputs[0]), shown[place].astype(np.uint8))
