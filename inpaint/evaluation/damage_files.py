"""Writing the damaged pictures of a run as files, for other programs to restore."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from inpaint.evaluation.measuring import Measuring, Subject
from inpaint.images import from_array, write


def write_damage(measuring: Measuring, subjects: Sequence[Subject], folder: Path) -> list[str]:
    """Write FOLDER/CASE/input, mask and target, PNG files by the pictures' names, masks white = restore.

    What another program makes of FOLDER/CASE/input is measured from one folder for each case, see `RestoredFolder`.
    Returns a sentence for every picture that could not be damaged.
    """
    said = []
    for subject in subjects:
        try:
            target = subject.target()
            for case in measuring.cases:
                damaged = measuring.damaged(subject, target, case)
                if damaged is None:
                    continue
                name = f"{PurePath(subject.name).stem}.png"
                clean = target if damaged.target is None else damaged.target
                parts = {"input": damaged.image, "mask": damaged.mask.expand(3, -1, -1), "target": clean}
                for part, pixels in parts.items():
                    write(from_array(pixels), folder / case.name / part / name)
        except (ValueError, OSError) as error:
            said.append(f"{subject.name}: {error}")
    return said
