"""Reading runs: what is refused is told with its dotted path, and a run survives being stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from inpaint.config import Loader, parse_run, read_run, run_to_tree
from inpaint.config.bundled import config_file

CONFIGS = [
    file
    for pattern in ("*.yaml", "small/*.yaml")
    for file in sorted((Path(__file__).parents[1] / "configs").glob(pattern))
]


def tree(**more: Any) -> dict[str, Any]:
    least = {
        "output": "runs/x",
        "steps": 10,
        "data": {"train": "pictures", "mask": {"name": "boxes"}, "fill": {"name": "hole", "value": "black"}},
        "generator": {"name": "unet", "width": 8},
        "recipe": {"name": "supervised", "weights": {"l1": 1.0}},
        "optim": {"generator": {"lr": 1e-4}},
    }
    return least | more


def written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_yaml_parses_and_comes_back_from_its_tree(path: Path):
    run = read_run(path)
    assert parse_run(json.loads(json.dumps(run_to_tree(run))), "stored") == run


def test_there_are_yamls_to_parse():
    assert CONFIGS


def test_a_run_comes_back_from_its_tree():
    full = tree(
        discriminators={"critic": {"name": "patch", "width": 8}},
        optim={"generator": {"lr": 1e-4, "betas": [0.5, 0.9]}, "critic": {"lr": 4e-4, "schedule": "cosine"}},
        features={"network": "vgg19"},
        every={"validate": 7},
        clip=None,
    )
    full["data"] |= {"train": [{"path": "a", "share": 3}, "synthetic"], "realism": {"jpeg": 0.5}}
    run = parse_run(full, "here")
    assert run.every.validate_ == 7
    assert run.clip is None
    assert parse_run(json.loads(json.dumps(run_to_tree(run))), "stored") == run


def test_part_options_are_all_keys_but_the_name():
    run = parse_run(tree(), "here")
    assert run.generator.options == {"width": 8}
    assert (run.data.fill[0].share, run.data.fill[0].options) == (1.0, {"value": "black"})


def test_one_thing_is_as_good_as_a_list_of_one():
    several = tree()
    several["data"] = several["data"] | {"train": [{"path": "pictures"}], "mask": [{"name": "boxes", "share": 1}]}
    assert parse_run(several, "here") == parse_run(tree(), "here")
    typed = tree()
    typed["data"] = typed["data"] | {"train": Path("pictures")}
    assert parse_run(typed, "here") == parse_run(tree(), "here")


def test_a_run_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        parse_run(tree(), "here").steps = 3  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("stepps=3", "stepps: there is no such key"),
        ("data.corp=3", "data.corp: there is no such key"),
        ("optim.generator.rate=3", "optim.generator.rate: there is no such key"),
        ("every.validate_=3", "every.validate_: there is no such key"),
        ("data.crop=0", "data.crop: Input should be greater than 0 (given: 0)"),
        ("steps=true", "steps is True: it must not be true or false"),
        ("optim.generator.betas=[0.5, true]", "betas is [0.5, True]: it must not be true or false"),
        ("pretrained=no", "pretrained is False: it must not be true or false; YAML reads no, off, yes and on as these"),
        ("output=2024-01-01", "output: Input should be a string (given: datetime.date(2024, 1, 1)"),
        ("optim.generator.betas=wide", "optim.generator.betas: Input should be a list (given: 'wide')"),
        ("steps=x", "steps: Input should be an integer, unable to parse"),
        ("seed=99999999999999999999999", "seed: Input should be less than"),
        ("data.workers=100000", "data.workers: Input should be less than or equal to 512 (given: 100000)"),
        ('output=""', "output: String should have at least 1 character"),
        ('data.train=""', "data.train.0.path: String should have at least 1 character"),
        ("data.overfit=99999999999", "data.overfit: Input should be less than or equal to 10000"),
        ("optim.generator.lr=fast", "(given: 'fast')"),
        ("precision=float8", "precision: Input should be 'float32', 'bfloat16' or 'float16' (given: 'float8')"),
        ("ema=1", "ema: Input should be less than 1"),
        ("optim.generator.lr=.inf", "optim.generator.lr is inf: it must be a finite number"),
        ("recipe.weights.hole_l1=.nan", "recipe.weights.hole_l1 is nan: it must be a finite number"),
        ("optim.generator.betas=[1.5, 0.9]", "optim.generator: betas are [1.5, 0.9]: each must be at least 0 and less"),
        ("data.mask=[]", "data.mask: "),
        ("data.mask={share: 2}", "data.mask.0.name: Field required"),
        ("data.train=[]", "data.train: "),
        ("optim.generator.constant_for=2", "optim.generator.constant_for: "),
        ("optim.generator.schedule=multistep", "optim.generator: the schedule is multistep: milestones belong to"),
        ("optim.generator.milestones=[5]", "the schedule is constant: milestones belong to multistep, which needs"),
    ],
)
def test_a_fault_is_told_with_its_place_and_its_rule(tmp_path: Path, setting: str, sentence: str):
    path = written(tmp_path, tree())
    with pytest.raises(ValueError) as error:
        read_run(path, [setting])
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)
    assert ": : " not in str(error.value)
    assert "\n" not in str(error.value)


def test_every_fault_is_told_at_once(tmp_path: Path):
    with pytest.raises(ValueError, match=r"data\.crop: .*; data\.batch: "):
        read_run(written(tmp_path, tree()), ["data.crop=-1", "data.batch=0"])


def test_settings_override_numbers_lists_and_members_of_lists(tmp_path: Path):
    content = tree()
    content["data"]["train"] = [{"path": "a"}, {"path": "b", "share": 2}]
    settings = [
        "steps=20",
        "optim.generator.lr=1e-4",
        "optim.generator.betas=[0.5, 0.9]",
        "data.train.1.share=0.25",
        "generator.widths=[1, 2]",
        "data.realism.jpeg=0.5",  # a level that was not there
        "every={log: 5}",
        "output=a=b",
        "clip=null",
    ]
    run = read_run(written(tmp_path, content), settings)
    assert (run.steps, run.optim["generator"].lr, run.optim["generator"].betas) == (20, 1e-4, (0.5, 0.9))
    assert [source.share for source in run.data.train] == [1.0, 0.25]
    assert run.generator.options == {"width": 8, "widths": [1, 2]}
    assert run.data.realism == {"jpeg": 0.5}
    assert (run.every.log, run.output, run.clip) == (5, "a=b", None)


def test_the_last_setting_wins(tmp_path: Path):
    assert read_run(written(tmp_path, tree()), ["steps=2", "steps=3"]).steps == 3


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("steps", "should read key=value"),
        ("data.train.0.share=2", "'train' holds 'pictures', which has nothing below it"),
        ("data.crop.x=2", "'crop' holds 256, which has nothing below it"),
        ("data.mask.1.share=2", "'1' should be a position from 0 to 0"),
        ("data.mask.first=2", "'first' should be a position from 0 to 0"),
        ("data.mask=[1", "'[1' is not YAML"),
    ],
)
def test_a_setting_that_cannot_be_applied_is_told(tmp_path: Path, setting: str, sentence: str):
    content = tree()
    content["data"] |= {"crop": 256, "mask": [{"name": "boxes"}]}
    with pytest.raises(ValueError) as error:
        read_run(written(tmp_path, content), [setting])
    assert str(error.value).startswith(f"--set {setting!r}")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("2E+3", 2000.0), ("-1.5e3", -1500.0), ("1.0e-4", 1e-4), ("7", 7), ("1e4x", "1e4x")],
)
def test_numbers_are_those_of_yaml_1_2(text: str, value: object):
    read = yaml.load(text, Loader)
    assert read == value
    assert type(read) is type(value)
    assert yaml.safe_load("1e-4") == "1e-4"  # the rest of the program keeps its YAML


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("steps: [1", "is not YAML"),
        ("- 1\n- 2", "it holds list"),
        ("", "it holds NoneType"),
        ("a: !!x 1", "not"),
        ("steps: 010", "010 in line 1 is another number to older readers than to newer ones: write it without"),
        ("seed: 1\nsteps: 1:30", "1:30 in line 2 is another number"),
        (f"steps: {'9' * 5000}", "the number in line 1 has 5000 digits"),
        ("data: &a\n  crop: *a", "nested deeper than 50 levels, or an anchor holds itself"),
        ("[" * 3000, "is nested too deep"),
        ("output: 2024-13-01", "is not YAML: month must be"),
    ],
)
def test_a_file_that_is_no_run_is_told(tmp_path: Path, content: str, sentence: str):
    path = tmp_path / "run.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=sentence) as error:
        read_run(path)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match="does not exist"):
        read_run(tmp_path / "run.yaml")


def test_a_folder_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match="is a folder; it should be a run's YAML file"):
        read_run(tmp_path)
    with pytest.raises(ValueError, match="is a folder"):
        config_file(tmp_path)
    with pytest.raises(ValueError, match="does not exist"):
        config_file(tmp_path / "x" / "")


@pytest.mark.parametrize("data", [b"\x89PNG\xff\xfe", "steps: 1".encode("utf-16"), "a: caf\xe9".encode("latin-1")])
def test_bytes_that_are_no_text_are_told(tmp_path: Path, data: bytes):
    (tmp_path / "run.yaml").write_bytes(data)
    with pytest.raises(ValueError, match=r"is not YAML: byte .* is no text in UTF-8"):
        read_run(tmp_path / "run.yaml")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("stepz=3", "choose output, steps, seed, .*; did you mean steps"),
        ("data.corp=3", "choose train, validation, .*; did you mean crop"),
        ("optim.generator.beta=3", "choose name, lr, betas, .*; did you mean betas"),
        ("every.validat=3", "choose log, samples, validate, save; did you mean validate"),
        ("data.train=[{pth: a}]", r"data\.train\.0\.pth: there is no such key; choose path, share; did you mean path"),
        ("best.metrik=l1", "choose metric, of; did you mean metric"),
    ],
)
def test_an_unknown_key_lists_the_ones_there_are_and_the_nearest(tmp_path: Path, setting: str, words: str):
    with pytest.raises(ValueError, match=words):
        read_run(written(tmp_path, tree()), [setting])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: 1\nseed: 2\nsteps: 3\n", "the key steps stands twice in one place, in lines 1 and 3"),
        ("data:\n  crop: 1\n  batch: 2\n  crop: 1\n", "the key crop stands twice in one place, in lines 2 and 4"),
        ("optim: {generator: {lr: 1, lr: 2}}", "the key lr stands twice in one place, in lines 1 and 1"),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, text: str, words: str):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_run(path)


def test_merged_mappings_may_say_a_key_again(tmp_path: Path):
    content = tree()
    del content["optim"]
    path = tmp_path / "run.yaml"
    shared = "optim:\n  generator: &same {lr: 1.0e-4, warmup: 5}\n  judge: {<<: *same, lr: 4.0e-4}\n"
    path.write_text(yaml.safe_dump(content) + shared)
    assert read_run(path).optim["judge"].lr == 4e-4
