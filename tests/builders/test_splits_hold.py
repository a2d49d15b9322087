from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from builders.scenes import save, scene

from inpaint.builders.dataset import build_dataset

SPLITS = (0.4, 0.3, 0.3)


def build(pictures: Path, output: Path, **options):
    chosen = {"size": 64, "patches_per_image": 2, "splits": SPLITS, "clean": {"censored": None}}
    return build_dataset([pictures], output, **chosen, **options)


def splits_of(dataset: Path) -> dict[str, str]:
    lines = map(json.loads, (dataset / "manifest.jsonl").read_text("utf-8").splitlines())
    return {Path(line["source"]).name: line["split"] for line in lines}


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A dataset of 14 pictures; the folder has enlarged versions of what is held out since, and two more pictures."""
    for seed in range(14):
        save(scene(seed), tmp_path / "pictures" / f"{seed:02}.png")
    build(tmp_path / "pictures", tmp_path / "before")
    before = splits_of(tmp_path / "before")
    for name, split in before.items():
        if split != "train":
            twice = cv2.resize(scene(int(name[:2])), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
            save(twice, tmp_path / "pictures" / f"large-{name}")
    for seed in (50, 51):
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
    return tmp_path, before


def test_without_the_earlier_splits_it_is_said_what_moved(grown: tuple[Path, dict[str, str]]):
    folder, before = grown
    report = build(folder / "pictures", folder / "after", keep="largest")
    after = splits_of(folder / "after")
    now = {name: after.get(name, after.get(f"large-{name}")) for name in before}
    moved = sum(now[name] != before[name] for name in before)
    assert moved  # else nothing is tested
    (note,) = report.notes
    assert note.startswith(f"Of 14 pictures that {folder / 'before'} holds too, {moved} lie in another split here")
    assert "--splits-from" in note
    assert note in report.table()


def test_with_the_earlier_splits_nothing_moves(grown: tuple[Path, dict[str, str]]):
    folder, before = grown
    report = build(folder / "pictures", folder / "after", keep="largest", splits_from=str(folder / "before"))
    after = splits_of(folder / "after")
    assert {name: after.get(name, after.get(f"large-{name}")) for name in before} == before
    assert report.notes == (f"The splits are those of {folder / 'before'}, which holds 14 pictures.",)


def test_versions_of_what_only_the_earlier_dataset_holds_lie_where_it_does(grown: tuple[Path, dict[str, str]]):
    folder, before = grown
    for name in before:
        seed = int(name[:2])
        save(scene(seed)[10:150, 190:5:-1].copy(), folder / "others" / f"mirrored-{seed:02}.png")
    build(folder / "others", folder / "after", splits_from=str(folder / "before"))
    after = splits_of(folder / "after")
    assert {name: after[f"mirrored-{name}"] for name in before} == before


def test_an_empty_split_is_an_error_that_says_why_and_leaves_nothing(tmp_path: Path):
    for seed in range(4):
        save(scene(seed), tmp_path / "pictures" / "series" / f"{seed}.png")
    with pytest.raises(ValueError, match="would be empty: 4 pictures make 1 group, and") as error:
        build(tmp_path / "pictures", tmp_path / "set", group_by="folder")
    assert "the largest group holds 4 pictures" in str(error.value)
    assert "--splits 1,0,0" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_splits_of_what_is_no_dataset_are_refused(tmp_path: Path):
    save(scene(0), tmp_path / "pictures" / "0.png")
    with pytest.raises(ValueError, match=r"is not a dataset: it has no manifest.jsonl"):
        build(tmp_path / "pictures", tmp_path / "set", splits_from=str(tmp_path))
