"""Rules that are off or on by settings, class filters, what is left out, and how the report and inspect show it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders.scenes import save, scene
from PIL import Image

from inpaint.builders.dataset import build_dataset
from inpaint.builders.inspection.inspect import inspect_dataset

SIZE = 64


def build(folder: Path, **options):
    chosen = {"size": SIZE, "splits": (1, 0, 0), "patches_per_image": 2, **options}
    return build_dataset([folder / "pictures"], folder / "set", **chosen)


def bands(picture: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(picture, 20, 20, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0))


def coarse(picture: np.ndarray) -> np.ndarray:
    noisy = np.clip(picture + np.random.default_rng(0).normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 8])[1], cv2.IMREAD_COLOR))


BROKEN = {  # rule: (setting, value, what breaks it)
    "too dark": ("dark", 10.0, lambda it: it // 40),
    "too bright": ("bright", 200.0, lambda it: 255 - it // 8),
    "upscaled": ("upscaled", 1.6, lambda it: cv2.resize(it, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)),
    "compressed": ("compressed", 2.0, coarse),
    "borders or captions": ("margins", 0.05, bands),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_rejects_what_breaks_it_and_nothing_where_it_is_off(rule: str, tmp_path: Path):
    key, value, change = BROKEN[rule]
    save(scene(1), tmp_path / "pictures" / "good.png")
    save(change(scene(2)), tmp_path / "pictures" / "broken.png")
    off = {"flat": None, "blur": None, "censored": None, "dark": None}
    report = build(tmp_path, clean={**off, key: value})
    assert report.examples[rule] == ("pictures/broken.png",)
    (line,) = map(json.loads, (tmp_path / "set" / "rejected.jsonl").read_text().splitlines())
    assert line["rule"] == rule
    assert not line["detail"].startswith("pictures/")
    again = build_dataset(
        [tmp_path / "pictures"], tmp_path / "off", size=SIZE, splits=(1, 0, 0), clean={**off, key: None}
    )
    assert again.rejected[rule] == 0


@pytest.mark.parametrize(
    ("keep", "kept", "why"),
    [
        ("quality", "a-original.jpg", "covered less by plain areas"),
        ("largest", "z-enlarged.png", "is larger"),
        ("first", "a-original.jpg", "comes first by name"),
    ],
)
def test_which_copy_stays_can_be_chosen_and_is_said(keep: str, kept: str, why: str, tmp_path: Path):
    picture = cv2.GaussianBlur(scene(3, 320, 384), (0, 0), 1.0)
    picture = np.clip(picture + np.random.default_rng(0).normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    save(picture, tmp_path / "pictures" / "a-original.jpg", quality=92)
    cells = picture[80:240].reshape(10, 16, 24, 16, 3).mean(axis=(1, 3)).astype(np.uint8)
    picture = picture.copy()
    picture[80:240] = cells.repeat(16, axis=0).repeat(16, axis=1)
    save(cv2.resize(picture, None, fx=1.1, fy=1.1), tmp_path / "pictures" / "z-enlarged.png")
    build(tmp_path, keep=keep, clean={"censored": None})
    (line,) = map(json.loads, (tmp_path / "set" / "rejected.jsonl").read_text().splitlines())
    assert line["partner"] == f"pictures/{kept}"
    assert why in line["detail"] or keep == "quality", line["detail"]
    page = (tmp_path / "set" / "report.html").read_text()
    assert page.count('<div class="pair">') == 1
    assert f"kept: pictures/{kept}" in page
    assert page.count("cannot be shown") == 0


def test_what_looks_censored_is_rejected_by_default(tmp_path: Path):
    picture = scene(71)
    cells = picture[32:96, 32:128].reshape(8, 8, 12, 8, 3).mean(axis=(1, 3)).astype(np.uint8)
    picture[32:96, 32:128] = cells.repeat(8, axis=0).repeat(8, axis=1)
    save(picture, tmp_path / "pictures" / "pixelated.png")
    save(scene(70), tmp_path / "pictures" / "good.png")
    assert build(tmp_path).examples["censored"] == ("pictures/pixelated.png",)


def test_classes_are_chosen_regions_left_out_are_counted_and_labels_are_told(tmp_path: Path):
    for seed in range(4):
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
    rows = ["file,xmin,ymin,xmax,ymax,label", "0.png,20,20,60,60,face", "0.png,100,40,140,80,plate"]
    rows += ["1.png,20,20,60,60,plate", "2.png,10,10,150,150,face", "3.png,30,30,60,60,face", "3.png,500,1,600,9,face"]
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    report = build(
        tmp_path,
        original_size=SIZE,
        clean={"censored": None},
        annotations={"path": str(tmp_path / "boxes.csv"), "classes": ["face"]},
        censor={"fill": {"name": "hole"}, "splits": "train", "largest_share": 0.7},
    )
    assert report.kept == 2
    assert report.notes == (
        "Read: annotations of the format csv: 6 regions in 4 pictures.",
        "1 annotated regions cover more than 70 % of their patch.",
        "1 annotated regions have no pixel in the picture.",
    )
    rejected = {
        row["source"]: row for row in map(json.loads, (tmp_path / "set/rejected.jsonl").read_text().splitlines())
    }
    assert rejected["pictures/1.png"]["detail"] == "it has none of the classes face, but plate"
    statistics = json.loads((tmp_path / "set" / "stats.json").read_text())
    assert statistics["labels"] == {"face": 2}
    assert sum(statistics["marked"].values()) == 2


def test_inspect_finds_a_mirrored_crop_in_another_split_and_says_what_it_cannot_see(tmp_path: Path):
    for seed in range(12):
        save(scene(seed, 256, 256), tmp_path / "pictures" / f"{seed:02}.png")
    build(tmp_path, size=128, splits=(0.5, 0.25, 0.25), clean={"censored": None})
    sound = inspect_dataset(tmp_path / "set")
    assert sound.faults == []
    assert "patches were compared across splits by their corners: it does not see" in sound.text
    lines = [json.loads(line) for line in (tmp_path / "set" / "manifest.jsonl").read_text().splitlines()]
    train, test = (next(line for line in lines if line["split"] == split) for split in ("train", "test"))
    patch = np.array(Image.open(tmp_path / "set" / train["file"]))
    changed = cv2.resize(np.ascontiguousarray(patch[10:, :116]), (128, 128), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(np.ascontiguousarray(changed[:, ::-1])).save(tmp_path / "set" / test["file"])
    test["sha256"] = hashlib.sha256((tmp_path / "set" / test["file"]).read_bytes()).hexdigest()
    (tmp_path / "set" / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    faults = inspect_dataset(tmp_path / "set").faults
    assert len(faults) == 1
    assert "pairs of patches show the same across splits: " in faults[0]
    assert train["file"] in faults[0]
    assert test["file"] in faults[0]
