"""Train a bundled network: fetch free pictures, build the dataset, train, measure, write weights and card.

    python scripts/train_bundled.py default --evaluate FOLDER_OF_CLEAN_PICTURES
    python scripts/train_bundled.py texture --evaluate FOLDER_OF_CLEAN_PICTURES --features vgg_shift_tolerant.pth

Every stage is skipped where its result is there already, and training resumes, so the script can be stopped and called
again at any time.  It needs Debian's apt-get for the pictures, and about a quarter of an hour of one NVIDIA H100 with
16 cores for each network, or days of a CPU.  The texture network starts from the first stage of the default one.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from inpaint.assemble import load
from inpaint.builders.report.attribution import credit_of
from inpaint.builders.sources.manifests import manifest_rows
from inpaint.checkpoint import load_checkpoint, save_checkpoint
from inpaint.config import read_run
from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.evaluate import evaluate as measure
from inpaint.evaluation.evaluation_page import write_evaluation_page
from inpaint.evaluation.pictures import picture_paths, read_pictures
from inpaint.evaluation.tables import markdown_table, write_scores
from inpaint.files import write_text
from inpaint.training.journal import Journal
from inpaint.weights import BUNDLED, bundled_path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "runs" / "free_images"
DATASET = ROOT / "runs" / "default_data"
FIRST = "runs/default"  # the first stage of the default network
STAGES = {  # what is set beside each stage's config
    "default": [
        ("default", {"output": FIRST}),
        (
            "default",
            {"output": "runs/default2", "pretrained": f"{FIRST}/best.safetensors", "seed": 1, "steps": 14_500}
            | {"optim.generator.lr": 6e-4},
        ),
    ],
    "texture": [("texture", {"output": "runs/texture", "pretrained": f"{FIRST}/best.safetensors"})],
}
BALANCED = ["recipe.weights={hole_charbonnier: 1.0, perceptual: 1.0, style_comp: 2000.0}"]  # for a shift-tolerant VGG16
KEPT = {"default": "best", "texture": "last"}  # PSNR does not tell which step has the best texture


def python(*arguments: str | Path) -> None:
    """Run this Python in the repository's root and stop where it fails."""
    subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, check=True)


def prepare() -> None:
    """Fetch the pictures and build the dataset, where they are missing."""
    if not PICTURES.exists():
        python("scripts/free_images.py", PICTURES)
    if not DATASET.exists():
        python("-m", "inpaint", "build-dataset", PICTURES, "--output", DATASET, "--size", "384", "--patches", "16")


def train(name: str, settings: list[str]) -> list[Path]:
    """Train, or go on training, every stage of a network, and return the runs' folders."""
    folders = []
    for config, fixed in STAGES[name]:
        given = [f"{key}={value}" for key, value in fixed.items()] + settings
        folder = ROOT / read_run(config_of(config), given).output
        folders.append(folder)
        if (folder / "trained").exists():
            continue
        resume = ["--resume"] if (folder / "state.pt").exists() else []
        python("-m", "inpaint", "train", config_of(config), *(f"--set={it}" for it in given), *resume)
        (folder / "trained").touch()
    return folders


def config_of(name: str) -> Path:
    return ROOT / "configs" / f"{name}.yaml"


def machine() -> str:
    """Name what this runs on."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{torch.get_num_threads()} cores of {names[0] if names else platform.processor()}"


def export(name: str, folder: Path) -> dict[str, Any]:
    """Write a run's network in half precision where the package looks for it, and return where it comes from."""
    kept, last = (load_checkpoint(folder / f"{which}.safetensors") for which in (KEPT[name], "last"))
    provenance = {"machine": machine(), **kept.provenance, "seconds": last.provenance["seconds"]}
    save_checkpoint(bundled_path(name), kept.weights, run=kept.run, provenance=provenance, dtype=torch.float16)
    return provenance


def training_facts() -> list[dict[str, str]]:
    """Return the facts of each training picture: package, version, licences, ..."""
    manifest = [json.loads(line) for line in (DATASET / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    facts = {line["source"]: line.get("facts") for line in manifest if line["split"] == "train"}
    if all(facts.values()):
        return [facts[name] for name in sorted(facts)]
    # A dataset of the first layout does not repeat the facts of its pictures.
    names = {name.removeprefix(f"{PICTURES.name}/") for name in facts}
    chosen = (row for row in manifest_rows(PICTURES / "licences.jsonl") if row.file in names)
    return [dict(row.facts) for row in sorted(chosen, key=lambda row: row.file)]


def training_pictures() -> str:
    """Return a table of the training pictures by package and licence."""
    credits = [credit_of(facts) for facts in training_facts()]
    counts = Counter((one.origin, one.licence) for one in credits)
    rows = [f"| {origin} | {count} | {licence} |" for (origin, licence), count in counts.items()]
    return "\n".join(["| Debian package | pictures | licence |", "| --- | ---: | --- |", *rows])


def validation_curve(folders: Sequence[Path]) -> str:
    """Return a table of the validation PSNR by step, as the runs' journals tell it."""
    tables = []
    for folder in folders:
        lines = [line for line in Journal(folder / "journal.jsonl").read() if "psnr" in line]
        steps, scores = ([f"{line[key]:{form}}" for line in lines] for key, form in (("step", ","), ("psnr", ".2f")))
        first = ["0 (as shown)", f"{lines[0]['psnr_before']:.2f}"]
        rows = [["step", first[0], *steps], [" ---: "] * (len(steps) + 2), ["PSNR", first[1], *scores]]
        tables.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(tables)


ABOUT = {
    "default": """**What it does.** It restores marked regions with the most probable pixels in the sense of a small
absolute error, so its answers are smooth where the picture does not tell what was there.""",
    "texture": """**What it does.** It restores marked regions with likely texture instead of the smooth average of all
that could be there: sharper, and further from the original pixel by pixel (see the table). In a hole its texture
can repeat itself in rows; a mosaic's cells keep their means.""",
}
CARD = """# {name}

One network for mosaics and holes: `{generator}`, {parameters:,} parameters, stored in half precision.

{about}
**Restored pixels are invented, not recovered; they must not be used to identify anyone.**

**How it is shown a region.** A hole as a smooth membrane over it, a mosaic as the bicubic enlargement of its cell
means (or as it is, where the grid is unknown). Any size; no colour, position or class of picture is assumed.

## Training

| | |
| --- | --- |
| config | `configs/{name}.yaml` and what the script below sets beside it; the file's metadata holds all |
| stages, steps | {steps} |
| time | {minutes:.0f} minutes on {machine}, torch {torch} |
| reproduce | `python scripts/train_bundled.py {name}` |
{more}
Data: {patches:,} patches of {count:,} freely licensed photographs, paintings and drawings (`scripts/free_images.py`
fetches them and records author and licence of each), and scenes drawn by `inpaint/data/synthetic.py`.

{pictures}

Validation PSNR over the mask, dB, of the averaged network on pictures that it was not trained on, every stage with a
damage of its own:

{curve}

## Measured

`inpaint evaluate {name} --data {data}`: {number} pictures it was not trained on. PSNR in dB, SSIM, L1 and detail over
the mask, and the first three over the whole picture too; the best of each column is bold.

{table}
"""


def evaluate(data: Path, folder: Path) -> Evaluation:
    """Measure all bundled networks beside the baselines; numbers and a page with pictures go to a folder."""
    torch.set_flush_denormal(True)
    networks = {name: load(name) for name in BUNDLED if bundled_path(name).exists()}
    result = measure(networks, read_pictures(picture_paths(data)))
    write_scores(result, folder / "evaluation.json")
    write_evaluation_page(result, folder / "evaluation.html", title=f"{', '.join(networks)} on {data.name}")
    return result


def card(name: str, folders: Sequence[Path], evaluation: Evaluation, data: Path, more: str) -> None:
    """Write the model card from what the runs and the evaluation left."""
    best = load_checkpoint(bundled_path(name))
    manifest = [json.loads(line) for line in (DATASET / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    training = [line for line in manifest if line["split"] == "train"]
    lasts = [load_checkpoint(folder / "last.safetensors").provenance for folder in folders]
    text = CARD.format(
        name=name,
        about=ABOUT[name],
        generator=best.run["generator"]["name"],
        parameters=sum(weight.numel() for weight in best.weights.values()),
        steps=", then ".join(f"{last['step']:,}" for last in lasts) + f"; kept: step {best.provenance['step']:,}",
        minutes=sum(last["seconds"] for last in lasts) / 60,
        machine=best.provenance["machine"],
        torch=best.provenance["torch"],
        more=more,
        patches=len(training),
        count=len({line["source"] for line in training}),
        pictures=training_pictures(),
        curve=validation_curve(folders),
        data=data.name,
        number=evaluation.count,
        table=markdown_table(evaluation),
    )
    write_text(bundled_path(name).with_suffix(".md"), text)


def main() -> None:
    """Read the command line and run the stages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=BUNDLED)
    parser.add_argument("--evaluate", type=Path, required=True, help="clean pictures that the card's table is made on")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="key=value, as inpaint train takes")
    parser.add_argument("--features", type=Path, help="a VGG16 for the perceptual terms of texture")
    options = parser.parse_args()
    prepare()
    settings, more = options.settings, ""
    if options.features:
        settings = [f"features.weights={options.features}", *BALANCED, *settings]
        more = f"| perceptual features | `{options.features.stem}`, a VGG16; {'; '.join(BALANCED)} |\n"
    folders = train(options.name, settings)
    export(options.name, folders[-1])
    card(options.name, folders, evaluate(options.evaluate, folders[-1]), options.evaluate, more)


if __name__ == "__main__":
    main()
