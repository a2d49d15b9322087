"""Check on a graphics card that batches are damaged there as on a CPU, beside the steps, and that steps seldom wait."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from cuda_setting import Check, Setting, rate
from PIL import Image

from inpaint.assemble import trainer_of
from inpaint.config import parse_run, read_run, run_to_tree
from inpaint.config.bundled import config_file
from inpaint.data.samples import Samples
from inpaint.data.synthetic import render
from inpaint.degradation.build import degradation_of
from inpaint.degradation.drafts import Drafts, joined_drafts
from inpaint.parts import Choice
from inpaint.randomness import rng_for
from inpaint.training.moving import Mover

FILLS: list[dict[str, Any]] = [
    {"name": "hole", "value": ["black", "mean", "smooth", "random"]},
    {"name": "mosaic", "block": [3, 24], "rectangular": 0.3, "cell": ["mean", "centre"], "edge": ["whole", "cut"]},
    {"name": "mosaic", "block": [4, 24], "enlarge": "bicubic"},
    {"name": "mosaic", "block": [4, 24], "feathered": 1.0},
]
COUNT, SIDE, WORKERS = 64, 128, 12
WAITING = 0.05  # of the time, at the full rate of the bundled networks


def data(setting: Setting) -> Iterator[Check]:
    """Damage a batch on the CPU and on the device, and train the bundled networks from files."""
    on_cpu = setting.device.type == "cpu"
    drafts = drawn_drafts(8 if on_cpu else COUNT)
    reference = Mover(torch.device("cpu"), channels_last=True)(drafts)
    mover = Mover(setting.device, channels_last=True)
    pinned = drafts if on_cpu else drafts.each(torch.Tensor.pin_memory)
    found = mover(pinned)
    apart = (found.image.cpu() - reference.image).abs()
    most, share = float(apart.max()), float((apart > 1e-4).float().mean())
    same = torch.equal(found.mask.cpu(), reference.mask) and share < 1e-3 and most < 2 / 255
    yield Check("a batch damaged there", f"at most {255 * most:.2f} of 255 from the CPU's, {share:.1e} of all", same)
    beside = on_cpu or mover.stream != torch.cuda.current_stream(setting.device)
    yield Check("on a stream of its own", "beside that of the steps" if not on_cpu else "a CPU has one", beside)
    many = rate(setting, lambda: mover(pinned)) * len(drafts.mask)
    yield Check(f"samples of {SIDE} px", f"{many:.0f} copied and damaged a second")
    for name in ("small/unet",) if on_cpu else ("cells", "sighted"):
        waiting, images = fed(setting, name)
        told = f"waits for data {waiting:.1%} of the time (bound {WAITING:.0%}), {images:.0f} images/s"
        yield Check(f"{name} from files, {0 if on_cpu else WORKERS} workers", told, on_cpu or waiting < WAITING)


def drawn_drafts(count: int) -> Drafts:
    """Draw a batch of every kind of damage."""
    degradation = degradation_of([Choice(name="scribbles"), Choice(name="boxes")], [Choice(**it) for it in FILLS])
    table = Samples([(1.0, render)], degradation, crop=SIDE, seed=7, drafts=True)
    return joined_drafts([table[number] for number in range(count)])


def fed(setting: Setting, name: str) -> tuple[float, float]:
    """Train a config on files for a while; return the share of time that waited for data, and images a second."""
    on_cpu = setting.device.type == "cpu"
    with tempfile.TemporaryDirectory() as made:
        for number in range(8 if on_cpu else 200):
            drawn = (render((256, 256), rng_for("fed", number)).permute(1, 2, 0) * 255).byte().numpy()
            Image.fromarray(drawn).save(Path(made, f"{number}.jpg"), quality=92)
        tree = run_to_tree(read_run(config_file(name)))
        tree["data"] |= {"train": made, "validation": None, "workers": 0 if on_cpu else WORKERS, "crop": SIDE}
        tree["data"] |= {"damage_on": "device"}
        steps = 4 if on_cpu else 120
        tree |= {"device": str(setting.device), "pretrained": None, "output": str(Path(made, "run")), "steps": steps}
        tree |= {"every": dict.fromkeys(("log", "samples", "validate", "save"), steps // 2), "features": None}
        tree["optim"] = {key: optim | {"warmup": 0} for key, optim in tree["optim"].items()}
        trainer_of(parse_run(tree, name)).fit()
        lines = [json.loads(line) for line in Path(made, "run", "journal.jsonl").read_text().splitlines()]
        last = [line for line in lines if "waiting" in line][-1]
    return last["waiting"], last["images_per_second"]
