"""Measure everything that has weights, and all baselines, and write docs/benchmark.md and the README's table.

    python scripts/write_benchmark.py --bsd100 FOLDER [--limit N] [--output FOLDER] [CHECKPOINT ...]

Measured on the clean pictures of the demo, which no bundled network was trained on, and on the photographs of BSD100.
Checkpoints of your own, such as runs/gated/best.safetensors, are measured beside the bundled networks.  The numbers of
every picture are kept in --output, so the same command goes on after a stop, and a higher limit adds to what is there.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from tqdm import tqdm

from inpaint.assemble import load
from inpaint.evaluation.evaluate import Evaluation, evaluate
from inpaint.evaluation.methods import identity_of
from inpaint.evaluation.plan import plan_of
from inpaint.evaluation.report_files import about_run, write_reports
from inpaint.evaluation.written_tables import markdown_table
from inpaint.files import write_text
from inpaint.weights import BUNDLED, VIVID, files_of

ROOT = Path(__file__).parent.parent
PAGE, README = ROOT / "docs" / "benchmark.md", ROOT / "README.md"
MARKS = "<!-- results -->", "<!-- /results -->"  # around the README's table
DEMO = ROOT / "data" / "demo" / "clean"
IN_WORDS = {"hole-freeform": "free-form strokes", "hole-bars": "bars"}
MEASURED = ("psnr_mask", "ssim_mask", "l1_mask", "edges_mask", "detail_mask", "psnr_whole")
HEAD = """# The benchmark

All bundled networks and all methods that need no training, on the same damage to the same pictures, by one command:

```
python scripts/write_benchmark.py --bsd100 FOLDER{options}
```

[The metrics](metrics.md) says what ± and the intervals mean. `default` is two of the methods in `configs/`, `sighted`
for holes and `cells` for mosaics, each with its bundled weights; `texture` is the third. `vivid` is what `--vivid 1`
answers in mosaics: `cells` again, trained to invent detail. No other method in `configs/` has weights here: their
authors' can be taken in with `inpaint import-weights`, and a checkpoint that is named in the command is measured beside
these.

<!-- results -->

"""


def measure(data: Path, models: Sequence[str], limit: int | None, folder: Path) -> Evaluation:
    """Measure on one set of pictures, and write all that is known of it into a folder."""
    plan = plan_of(data, limit=limit, metrics=MEASURED)
    names = {Path(model).stem: model for model in models}
    with tqdm(total=len(plan.pictures), unit="picture") as bar:
        found = evaluate(
            {name: load(model, device="cpu") for name, model in names.items()},
            plan.pictures,
            cases=plan.cases,
            metrics=plan.metrics,
            progress=lambda _: (bar.update(), None)[1],
            folder=folder,
            identities={name: identity_of(files_of(model), "benchmark", *MEASURED) for name, model in names.items()},
            costs=True,
        )
    write_reports(found, folder, title=f"The benchmark on {data.name}", about=about_run())
    return found


def section(title: str, of: int, found: Evaluation) -> str:
    """Return the tables of one set of pictures."""
    part = "all of it" if found.count == of else f"{found.count} of its {of} pictures, evenly spread, for lack of time"
    return f"## {title}\n\nMeasured on {part}.\n\n{markdown_table(found)}"


def summary(found: Evaluation) -> str:
    """Return the README's table: PSNR in the mask of doing nothing, the best baseline and the bundled networks."""
    lines = ["| damage | do nothing | best without a network | **default** | by how much | with invented detail |"]
    lines.append("| --- |" + " ---: |" * 5)
    for case in dict.fromkeys(row.case for row in found.rows):
        rows = {row.method: row for row in found.rows if row.case == case}
        baselines = [row for row in rows.values() if row.baseline]
        best = max(baselines, key=lambda row: row.scores["psnr_mask"])
        inventing = VIVID if VIVID in rows else "texture"
        psnr = {name: f"{rows[name].scores['psnr_mask']:.1f}" for name in ("default", inventing)}
        gap = best.against["psnr_mask"]  # less default's
        gain = f"{-gap.mean:+.2f} [{-gap.high:+.2f}, {-gap.low:+.2f}]"
        nothing = baselines[0].scores["psnr_mask"]
        best_text = f"{best.scores['psnr_mask']:.1f} ({best.method})"
        damage = IN_WORDS.get(case, f"mosaic, {case.rpartition('-')[2]} px cells")
        own = f"**{psnr['default']}** | {gain} | {psnr[inventing]} ({inventing})"
        lines.append(f"| {damage} | {nothing:.1f} | {best_text} | {own} |")
    return "\n".join(lines)


def write_summary(found: Evaluation) -> None:
    """Replace the README's table."""
    before, rest = README.read_text(encoding="utf-8").split(MARKS[0])
    _, after = rest.split(MARKS[1])
    write_text(README, f"{before}{MARKS[0]}\n\n{summary(found)}\n\n{MARKS[1]}{after}")


def commit() -> str:
    """Return the commit of the code, and whether it was changed since."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Read the command line, measure, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoints", nargs="*", help="of your own, beside the bundled networks")
    parser.add_argument("--bsd100", type=Path, required=True, metavar="FOLDER", help="the 100 photographs")
    parser.add_argument("--limit", type=int, metavar="N", help="of the photographs")
    parser.add_argument("--output", type=Path, default=ROOT / "runs" / "benchmark", metavar="FOLDER")
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    models, measured_at = [*BUNDLED, VIVID, *options.checkpoints], commit()
    sets = {"The demo's clean pictures": (DEMO, None), "BSD100": (options.bsd100, options.limit)}
    sections = []
    for title, (data, limit) in sets.items():
        found = measure(data, models, limit, options.output / data.name)
        sections.append(section(title, len(plan_of(data).pictures), found))
    write_summary(found)  # of the last set
    about = about_run()
    told = f"Measured on {about['date']} at commit {measured_at}: {about['machine']}, torch {about['torch']}, float32"
    told += f",\nthreads: {about['threads']}. The machine was shared: seconds are of a busy one."
    head = HEAD.format(options=f" --limit {options.limit}" if options.limit else "")
    write_text(PAGE, "\n\n".join([head + told, *sections]).rstrip() + "\n\n<!-- /results -->\n")
    print(f"wrote {PAGE} and the table in {README}; the numbers of every picture are in {options.output}")


if __name__ == "__main__":
    main()
