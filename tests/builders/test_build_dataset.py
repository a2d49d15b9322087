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
from inpaint.builders.report.build_report import REJECTION_RULES

SIZE = 64


def build(source: Path, output: Path, **options):
    clean = {"censored": None, **options.pop("clean", {})}  # JPEG blocks of drawn boxes look like mosaics at times
    return build_dataset([source], output, **{"size": SIZE, "scales": (1.0, 0.5), "clean": clean, **options})


def rejected(dataset: Path) -> dict[str, set[str]]:
    """Return the file names that each rule rejected."""
    found: dict[str, set[str]] = {}
    for line in manifest(dataset, "rejected"):
        found.setdefault(line["rule"], set()).add(Path(line["source"]).name)
    return found


def manifest(dataset: Path, name: str = "manifest") -> list[dict]:
    return [json.loads(line) for line in (dataset / f"{name}.jsonl").read_text("utf-8").splitlines()]


def contents(dataset: Path) -> dict[str, bytes]:
    return {str(file.relative_to(dataset)): file.read_bytes() for file in dataset.rglob("*") if file.is_file()}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve different pictures."""
    for seed in range(12):
        save(scene(seed), tmp_path / "pictures" / f"{seed:02d}.png")
    return tmp_path / "pictures"


@pytest.fixture
def faulty(pictures: Path) -> Path:
    """The twelve pictures and one for each rule."""
    whole = save(scene(50), pictures / "whole.png").read_bytes()
    (pictures / "whole.png").unlink()
    (pictures / "truncated.png").write_bytes(whole[: len(whole) // 2])
    for suffix in ("jpg", "webp"):
        whole = save(scene(50), pictures / f"truncated.{suffix}").read_bytes()
        (pictures / f"truncated.{suffix}").write_bytes(whole[: len(whole) // 2])
        moving = [Image.fromarray(scene(seed)) for seed in (60, 61)]
        moving[0].save(pictures / f"moving.{suffix}".replace("jpg", "png"), save_all=True, append_images=moving[1:])
    moving = [Image.fromarray(scene(seed)) for seed in (62, 63)]
    moving[0].save(pictures / "moving.gif", save_all=True, append_images=moving[1:])
    (pictures / "letter.jpg").write_text("not a picture")
    save(scene(52, SIZE, 6 * SIZE), pictures / "banner.png")
    save(cv2.GaussianBlur(scene(53), (0, 0), 6), pictures / "blurred.png")
    save(scene(51, SIZE - 1, 300), pictures / "low.png")
    save(np.full((100, 100, 3), 90, np.uint8), pictures / "plain.png")
    save(np.tile(np.linspace(0, 255, 200, dtype=np.uint8)[None, :, None], (100, 1, 3)), pictures / "ramp.png")
    (pictures / "a-copy.png").write_bytes((pictures / "03.png").read_bytes())
    save(scene(4), pictures / "same-pixels.webp", lossless=True, exact=True)
    save(scene(5), pictures / "recompressed.jpg", quality=60)
    return pictures


def test_every_rule_rejects_its_fault_and_says_why(faulty: Path, tmp_path: Path):
    report = build(faulty, tmp_path / "dataset")
    expected = {
        "not annotated": set(),
        "wrong annotation": set(),
        "unreadable": {"letter.jpg"},
        "truncated": {"truncated.png", "truncated.jpg", "truncated.webp"},
        "animated": {"moving.png", "moving.webp", "moving.gif"},
        "too small": {"low.png"},
        "extreme aspect ratio": {"banner.png"},
        "flat": {"plain.png"},
        "blurred": {"blurred.png", "ramp.png"},
        "censored": set(),
        "duplicate": {"a-copy.png", "same-pixels.webp"},  # of equal pictures the first by name stays
        "near-duplicate": {"recompressed.jpg"},
    }
    expected |= {rule: set() for rule in REJECTION_RULES if rule not in expected}
    assert rejected(tmp_path / "dataset") == {rule: names for rule, names in expected.items() if names}
    assert report.rejected == {rule: len(names) for rule, names in expected.items()}
    assert {rule: {Path(name).name for name in names} for rule, names in report.examples.items()} == expected
    lines = manifest(tmp_path / "dataset", "rejected")
    assert all(line["detail"] for line in lines)
    assert [line["source"] for line in lines] == sorted(line["source"] for line in lines)
    twin = next(line for line in lines if line["rule"] == "duplicate")
    assert twin["detail"] == "the same pixels as pictures/03.png"


def test_a_rule_that_is_switched_off_lets_its_pictures_through(faulty: Path, tmp_path: Path):
    off = ("flat", "blur", "aspect", "animated", "duplicates", "near_duplicates")
    report = build(faulty, tmp_path / "dataset", clean=dict.fromkeys(off))
    # Flat pictures give no patch all the same.
    assert {rule for rule, count in report.rejected.items() if count} == {
        "unreadable",
        "truncated",
        "too small",
        "flat",
    }
    sources = {Path(line["source"]).name for line in manifest(tmp_path / "dataset")}
    assert {"moving.png", "moving.webp", "moving.gif", "banner.png", "a-copy.png", "recompressed.jpg"} <= sources


def test_what_is_painted_over_or_pixelated_is_rejected_where_that_is_asked_for(pictures: Path, tmp_path: Path):
    painted = scene(70)
    painted[20:60, 30:90] = (0, 255, 0)
    save(painted, pictures / "painted.png")
    pixelated = scene(71)
    cells = pixelated[32:96, 32:128].reshape(8, 8, 12, 8, 3).mean(axis=(1, 3)).astype(np.uint8)
    pixelated[32:96, 32:128] = cells.repeat(8, axis=0).repeat(8, axis=1)
    save(pixelated, pictures / "pixelated.png")
    (pictures / "02.png").unlink()  # whose boxes lie as cells of 8.2 x 5.6 px would
    report = build(pictures, tmp_path / "dataset", clean={"censored": 0.05})
    assert report.examples["censored"] == ("pictures/painted.png", "pictures/pixelated.png")
    assert report.rejected["censored"] == 2


def test_the_numbers_add_up(faulty: Path, tmp_path: Path):
    report = build(faulty, tmp_path / "dataset")
    assert report.found == 27
    assert report.found == report.kept + sum(report.rejected.values())
    assert (
        report.kept == sum(report.pictures.values()) == len({line["source"] for line in manifest(tmp_path / "dataset")})
    )
    files = {name: len(list((tmp_path / "dataset" / name).glob("*.png"))) for name in report.patches}
    assert files == report.patches
    table = report.table()
    assert all(f"rejected: {rule}" in table for rule in REJECTION_RULES)
    assert ["kept", str(report.kept)] in [line.split() for line in table.splitlines()]
    counts = json.loads((tmp_path / "dataset" / "dataset.json").read_text())["counts"]
    assert counts["kept"] == report.kept
    assert counts["rejected"]["blurred"] == 2


def test_the_larger_of_near_duplicates_is_kept(pictures: Path, tmp_path: Path):
    original = scene(100, 400, 500)
    save(cv2.resize(original, (300, 240), interpolation=cv2.INTER_AREA), pictures / "a-small.png")
    save(original, pictures / "big.png")
    save(original[4:-4, 5:-5], pictures / "cropped.jpg", quality=80)
    build(pictures, tmp_path / "dataset")
    assert rejected(tmp_path / "dataset")["near-duplicate"] == {"a-small.png", "cropped.jpg"}
    assert "pictures/big.png" in {line["source"] for line in manifest(tmp_path / "dataset")}


def test_variants_of_a_picture_are_kept_in_one_split(pictures: Path, tmp_path: Path):
    for seed in range(100, 110):
        day = scene(seed)
        night = (day * 0.4).astype(np.uint8)
        night[60:120, 60:130] = scene(seed + 1000)[60:120, 60:130] // 3
        save(day, pictures / f"{seed}-day.png")
        save(night, pictures / f"{seed}-night.png")
    near = {"near_duplicates": {"bits": 10, "correlation": 0.95}}
    report = build(pictures, tmp_path / "dataset", splits=(0.4, 0.3, 0.3), clean=near)
    assert report.rejected["near-duplicate"] == 0
    assert report.straddling == ()
    split = {line["source"]: line["split"] for line in manifest(tmp_path / "dataset")}
    pairs = [(split[f"pictures/{seed}-day.png"], split[f"pictures/{seed}-night.png"]) for seed in range(100, 110)]
    assert all(day == night for day, night in pairs)
    assert len(set(pairs)) == 3


def test_a_picture_redrawn_in_all_but_a_quarter_stays_in_its_group(tmp_path: Path):
    for seed in range(20):
        redrawn = scene(seed + 1000)
        redrawn[80:, 96:] = scene(seed)[80:, 96:]
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
        save(redrawn, tmp_path / "pictures" / f"{seed}-redrawn.png")
    report = build(tmp_path / "pictures", tmp_path / "dataset")
    assert report.kept == 40
    groups = {line["source"]: line["group"] for line in manifest(tmp_path / "dataset")}
    assert all(groups[f"pictures/{seed}.png"] == groups[f"pictures/{seed}-redrawn.png"] for seed in range(20))
    assert len(set(groups.values())) == 20


def test_different_pictures_are_not_taken_for_near_duplicates(tmp_path: Path):
    for seed in range(60):
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
    assert build(tmp_path / "pictures", tmp_path / "dataset").kept == 60


def test_a_group_lies_in_one_split(pictures: Path, tmp_path: Path):
    for seed in range(200, 230):
        save(scene(seed), pictures / f"series-{seed % 6}" / f"{seed}.png")
    report = build(pictures, tmp_path / "dataset", group_by="folder", splits=(0.4, 0.3, 0.3))
    splits: dict[str, set[str]] = {}
    for line in manifest(tmp_path / "dataset"):
        splits.setdefault(line["group"], set()).add(line["split"])
    assert all(len(names) == 1 for names in splits.values())
    assert sum(group.startswith("folder ") for group in splits) == 6
    assert sum(report.groups.values()) == 12 + 6  # pictures directly in the source are groups of their own


def test_the_same_pictures_give_the_same_bytes_for_any_number_of_processes(faulty: Path, tmp_path: Path):
    build(faulty, tmp_path / "one")
    build(faulty, tmp_path / "again")
    build(faulty, tmp_path / "two", processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "again") == contents(tmp_path / "two")


def test_another_seed_cuts_elsewhere(pictures: Path, tmp_path: Path):
    build(pictures, tmp_path / "zero")
    build(pictures, tmp_path / "one", seed=1)
    zero, one = ([line["box"] for line in manifest(tmp_path / name)] for name in ("zero", "one"))
    assert zero != one


def test_a_patch_is_the_picture_inside_its_box(pictures: Path, tmp_path: Path):
    build(pictures, tmp_path / "dataset")
    scales = set()
    for line in manifest(tmp_path / "dataset"):
        y, x, height, width = line["box"]
        with Image.open(pictures / Path(line["source"]).name) as file:
            box = np.array(file)[y : y + height, x : x + width]
        with Image.open(tmp_path / "dataset" / line["file"]) as file:
            patch = np.array(file)
        assert patch.shape == (SIZE, SIZE, 3)
        assert hashlib.sha256((tmp_path / "dataset" / line["file"]).read_bytes()).hexdigest() == line["sha256"]
        expected = cv2.resize(box, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        assert np.array_equal(patch, expected), line
        scales.add(line["scale"])
    assert scales == {1.0, 0.5}


def test_at_most_so_many_patches_and_no_two_overlap_at_one_scale(pictures: Path, tmp_path: Path):
    build(pictures, tmp_path / "dataset", patches_per_image=3, scales=(1.0,))
    boxes: dict[str, list] = {}
    for line in manifest(tmp_path / "dataset"):
        boxes.setdefault(line["source"], []).append(line["box"])
    assert max(len(found) for found in boxes.values()) == 3
    for found in boxes.values():
        for index, (y, x, *_) in enumerate(found):
            assert all(abs(y - top) >= SIZE or abs(x - left) >= SIZE for top, left, *_ in found[:index])


def test_flat_places_are_passed_over(tmp_path: Path):
    picture = np.full((256, 256, 3), 200, np.uint8)
    picture[:, :128] = scene(7, 256, 128)
    save(picture, tmp_path / "pictures" / "half.png")
    build(tmp_path / "pictures", tmp_path / "dataset", scales=(1.0,), splits=(1, 0, 0))
    lines = manifest(tmp_path / "dataset")
    assert lines
    assert all(line["box"][1] < 128 for line in lines)


def test_what_is_hidden_under_transparency_never_shows(tmp_path: Path):
    blocks = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    picture = blocks.repeat(4, axis=0).repeat(4, axis=1)
    picture[:, :180, 3] = 255
    picture[:, :180, 2] = 0  # the only blue is that of the white paper
    picture[:, 180:, 2:] = 90, 0
    save(picture, tmp_path / "pictures" / "cut-out.png")
    build(tmp_path / "pictures", tmp_path / "dataset", scales=(1.0,), patches_per_image=16, splits=(1, 0, 0))
    patches = [np.array(Image.open(file)) for file in (tmp_path / "dataset" / "train").iterdir()]
    assert set(np.unique(np.stack(patches)[..., 2])) == {0, 255}
    assert max(line["box"][1] for line in manifest(tmp_path / "dataset")) == 128  # beyond, the paper is flat


def test_sixteen_bits_grey_and_transparency_become_eight_bits_rgb(tmp_path: Path):
    grey = cv2.cvtColor(scene(9, 128, 128), cv2.COLOR_RGB2GRAY)
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "deep.png"), grey.astype(np.uint16) * 257)
    build(tmp_path / "pictures", tmp_path / "dataset", scales=(1.0,), splits=(1, 0, 0))
    for line in manifest(tmp_path / "dataset"):
        y, x, *_ = line["box"]
        patch = np.array(Image.open(tmp_path / "dataset" / line["file"]))
        assert np.array_equal(patch, np.dstack([grey[y : y + SIZE, x : x + SIZE]] * 3))


def test_a_scale_too_small_for_a_patch_is_raised_to_the_whole_picture(tmp_path: Path):
    save(scene(10, 2 * SIZE - 4, 2 * SIZE - 4), tmp_path / "pictures" / "portrait.png")
    build(tmp_path / "pictures", tmp_path / "dataset", scales=(1.0, 0.5, 0.25), splits=(1, 0, 0))
    boxes = [line["box"] for line in manifest(tmp_path / "dataset")]
    assert [height for *_, height, _ in boxes] == [SIZE, 2 * SIZE - 4]


def test_no_picture_changes_split_when_the_dataset_grows(tmp_path: Path):
    for seed in range(30):
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
    build(tmp_path / "pictures", tmp_path / "before", splits=(0.4, 0.3, 0.3))
    for seed in range(30, 50):
        save(scene(seed), tmp_path / "pictures" / f"{seed}.png")
    save(cv2.resize(scene(3), (96, 80), interpolation=cv2.INTER_AREA), tmp_path / "pictures" / "0-smaller-copy.png")
    build(tmp_path / "pictures", tmp_path / "after", splits=(0.4, 0.3, 0.3))
    before, after = (
        {line["source"]: line["split"] for line in manifest(tmp_path / name)} for name in ("before", "after")
    )
    assert len(after) == 50
    assert {name: after[name] for name in before} == before


def test_zero_kept_is_an_error_with_the_table_and_leaves_nothing(tmp_path: Path):
    save(np.zeros((100, 100, 3), np.uint8), tmp_path / "pictures" / "black.png")
    with pytest.raises(ValueError, match="no picture was kept") as error:
        build(tmp_path / "pictures", tmp_path / "dataset")
    assert "rejected: flat" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_mean_and_deviation_are_those_of_the_training_patches(pictures: Path, tmp_path: Path):
    build(pictures, tmp_path / "dataset")
    patches = np.stack([np.array(Image.open(file)) for file in (tmp_path / "dataset" / "train").iterdir()]) / 255
    description = json.loads((tmp_path / "dataset" / "dataset.json").read_text())
    np.testing.assert_allclose(description["mean"], patches.mean(axis=(0, 1, 2)), atol=2e-6)
    np.testing.assert_allclose(description["std"], patches.std(axis=(0, 1, 2)), atol=2e-6)


def test_the_contact_sheet_has_a_label_and_rows_for_each_split(pictures: Path, tmp_path: Path):
    report = build(pictures, tmp_path / "dataset")
    with Image.open(tmp_path / "dataset" / "contact.png") as sheet:
        sheet.load()
    rows = sum(-(-min(count, 48) // 12) for count in report.patches.values())
    assert sheet.size == (12 * 128, 3 * 24 + rows * 128)


def test_an_output_that_holds_files_is_refused_and_an_empty_one_is_used(pictures: Path, tmp_path: Path):
    (tmp_path / "dataset").mkdir()
    build(pictures, tmp_path / "dataset")
    before = contents(tmp_path / "dataset")
    with pytest.raises(ValueError, match="already exists"):
        build(pictures, tmp_path / "dataset")
    assert contents(tmp_path / "dataset") == before


def test_an_output_inside_a_source_is_refused(pictures: Path):
    with pytest.raises(ValueError, match="inside its source"):
        build(pictures, pictures / "dataset")


def test_a_missing_source_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        build(tmp_path / "nowhere", tmp_path / "dataset")


def test_a_picture_that_two_sources_share_is_found_once(pictures: Path, tmp_path: Path):
    report = build_dataset([pictures, pictures / "03.png", pictures], tmp_path / "dataset", size=SIZE)
    assert report.found == 12


def test_progress_counts_up_to_all_pictures(pictures: Path, tmp_path: Path):
    calls: list[tuple[int, int]] = []
    build(pictures, tmp_path / "dataset", progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 12) for done in range(1, 13)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 8}, r"size: .* 32 \(given: 8\)"),
        ({"min_side": 10}, "min_side is 10"),
        ({"splits": (0.5, 0.2, 0.2)}, "splits are"),
        ({"splits": (1.0,)}, "splits are"),
        ({"scales": (2.0,)}, "scales are"),
        ({"patches_per_image": 0}, "patches_per_image: "),
        ({"group_by": "artist"}, "group.by.0: .*artist"),
        ({"processes": 0}, "processes is 0"),
        ({"sizes": 64}, "sizes: there is no such key"),
    ],
)
def test_a_wrong_option_is_refused_in_a_sentence(options: dict, message: str, pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        build(pictures, tmp_path / "dataset", **options)
