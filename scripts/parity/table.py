"""Ask the authors' codes that you have brought all that docs/parity.md says, and write its column of speeds anew.

    python scripts/parity/table.py FOLDER [--only METHOD ...] [--docs FILE]

FOLDER holds a folder for each method, named as below, with the authors' code at the commit that the table names, and
neuralgym for DeepFill; what is not there is left out, and said.  Each script prints what the authors' code answers,
which the tests that the scripts name hold our own to: the columns of the table are the tolerances of these tests.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from inpaint.files import write_text

HERE = Path(__file__).parent
ONE_STEP, CHECKSUM, SPEED = "one_step {0} {1}", "network_checksums {0} {1}", "speed {0} {1}"
IMPORTED, TENSORFLOW = "imported {0} {1}", ("tensorflow_step {0} {1} {2}", "speed {0} {1} {2}")
SCRIPTS: dict[str, tuple[str, ...]] = {  # what is run for each method: {0} its name, {1} its folder, {2} neuralgym's
    **dict.fromkeys(("pconv", "pix2pix", "edge_connect", "region_norm", "lama"), (ONE_STEP, SPEED)),
    **dict.fromkeys(("contextual", "gated", "pepsi", "region_wise"), TENSORFLOW),
    **dict.fromkeys(("rlfn", "imdn", "span"), (CHECKSUM, IMPORTED)),
    "ns_outpaint": TENSORFLOW[:1],
    "dsi": (*TENSORFLOW[:1], "tensorflow_answers {1} {2}"),
    **dict.fromkeys(("edsr", "srcnn", "espcn", "unet"), (IMPORTED,)),
    **dict.fromkeys(("dfnet", "frrn", "outpaint", "picnet", "singan", "structure_flow"), ("method_step {0} {1}",)),
    "cyclegan": ("cycle_step {1}", SPEED),
    "aot_gan": (CHECKSUM, ONE_STEP, SPEED),
    "migan": ("migan {1}", SPEED),
    "plain_gated": ("plain_gated {1}", "speed {0} {1}/deepfillv2"),
    "open_mmlab": ("open_mmlab {1}",),
}
ROWS = {  # the row of a method, where it has another name
    "plain_gated": "gated, `attention: false`",
    "srcnn": "srcnn, `luma: true`",
    "espcn": "espcn, `luma: true`",
    "unet": "unet, plain",
}
RATIO = re.compile(r"^(\w+): theirs .*, ([\d.]+) times as fast$", re.MULTILINE)


def asked(method: str, folder: Path) -> str:
    """Run a method's scripts and return what they print.  Raises ValueError, with their words, where one fails."""
    said = []
    for script in SCRIPTS[method]:
        name, *given = script.format(method, folder / method, folder / "neuralgym").split()
        done = subprocess.run([sys.executable, HERE / f"{name}.py", *given], capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"{name} {' '.join(given)}: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
        said.append(done.stdout.strip())
    return "\n".join(said)


def with_speed(table: str, method: str, ratio: str) -> str:
    """Return the page with another speed in a method's row; what stands after the number is kept."""
    row = re.compile(rf"^(\| {re.escape(ROWS.get(method, method))} \|.*\| )[\d.]*([^|\d]*\|)$", re.MULTILINE)
    changed, count = row.subn(rf"\g<1>{ratio}\g<2>", table)
    if count != 1:
        raise ValueError(f"the table has {count} rows of {method}: it should have one")
    return changed


def main() -> None:
    """Ask every method in turn; the page is written once, when all have answered."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", metavar="METHOD", choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument("--docs", type=Path, default=HERE.parents[1] / "docs" / "parity.md")
    options = parser.parse_args()
    page = options.docs.read_text(encoding="utf-8")
    failed = []
    for method in options.only:
        if not (options.folder / method).is_dir():
            print(f"{method}: left out, {options.folder / method} is not there")
            continue
        try:
            said = asked(method, options.folder)
        except ValueError as error:
            failed.append(str(error))
            continue
        print(said, flush=True)
        for found in RATIO.finditer(said):
            page = with_speed(page, method, f"{float(found[2]):.2f}")
    write_text(options.docs, page)
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
