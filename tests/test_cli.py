"""The command line: verbs work end to end, and what a user can mend ends as one sentence."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import yaml

from inpaint import cli
from inpaint.assemble import trainer_of
from inpaint.cli.decensor_command import outcome_line
from inpaint.config import read_run
from inpaint.folder import Outcome
from inpaint.images import from_array, read, write
from inpaint.version import __version__
from tests.builders.datasets import dataset
from tests.runs import folder_of_pictures, tiny_tree

VERBS = ["decensor", "detect", "web", "evaluate", "build-dataset", "inspect", "train", "config"]
VERBS += ["new", "find-rate", "profile", "plot", "blend", "import-weights", "models", "export", "run"]
ANALYSES = ["spectrum", "pyramid", "ambiguity", "tradeoff"]


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Call the command line in this process; torch's and the signals' settings are put back afterwards."""
    handler = signal.getsignal(signal.SIGTERM)

    def run_(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["inpaint", *map(str, arguments)])
        capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capfd.readouterr()
        return Ended(code, str(out), str(err))

    yield run_
    signal.signal(signal.SIGTERM, handler)
    torch.set_flush_denormal(False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A YAML whose run takes a moment."""
    pictures = folder_of_pictures(tmp_path / "pictures")
    path = tmp_path / "tiny.yaml"
    tree = tiny_tree(pictures, tmp_path / "run", steps=3, optim={"generator": {"lr": 1e-3}})
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def assert_one_sentence(ended: Ended, *words: str) -> None:
    assert ended.code == 1
    assert "Traceback" not in ended.err
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("inpaint: ")
    assert all(word in lines[0] for word in words), lines[0]


def test_train_evaluate_and_decensor_work_together(run: Run, config: Path, tmp_path: Path):
    trained = run("train", config)
    assert trained.code == 0, trained.err
    assert "Trained 3 steps" in trained.out
    network = tmp_path / "run" / "best.safetensors"

    html, numbers = tmp_path / "page.html", tmp_path / "numbers.json"
    ended = run(
        *("evaluate", network, "--data", tmp_path / "pictures", "--limit", 2, "--device", "cpu"),
        *("--case", "mosaic-4", "--case", "hole-boxes", "--json", numbers, "--html", html),
        *("--output", tmp_path / "measured"),
    )
    assert ended.code == 0, ended.err
    assert "mosaic-4" in ended.out
    assert "telea" in ended.out
    told = json.loads(numbers.read_text(encoding="utf-8"))
    assert "best" in json.dumps(told)
    assert "best on pictures" in html.read_text(encoding="utf-8")

    original = read(tmp_path / "pictures" / "picture0.png").tensor()
    painted = original.clone()
    painted[:, 20:30, 20:40] = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    write(from_array(painted), tmp_path / "painted" / "one.png")
    ended = run("decensor", tmp_path / "painted", "-o", tmp_path / "out", "--model", network, "--device", "cpu")
    assert ended.code == 0, ended.err
    assert "1 of 1 pictures restored" in ended.out
    assert "one.png -> " in ended.out
    assert "(hole, 1 region, " in ended.out
    (written,) = (tmp_path / "out").iterdir()
    restored = read(written).tensor()
    assert torch.equal(restored[:, :20], painted[:, :20])
    assert not torch.equal(restored[:, 20:30, 20:40], painted[:, 20:30, 20:40])


def test_decensor_goes_on_after_a_bad_picture_and_says_so(run: Run, config: Path, tmp_path: Path):
    assert run("train", config, "--set", "steps=1").code == 0
    folder = tmp_path / "painted"
    picture = torch.full((3, 40, 40), 0.5)
    write(from_array(picture), folder / "unmarked.png")
    picture[:, 10:20, 10:20] = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    write(from_array(picture), folder / "marked.png")
    ended = run(
        *("decensor", folder, "-o", tmp_path / "out", "--model", tmp_path / "run" / "last.safetensors"),
        *("--colour", "255,0,0", "--variations", 2, "--device", "cpu"),
    )
    assert ended.code == 1
    assert "1 of 2 pictures restored" in ended.out
    assert "unmarked.png" in ended.err
    assert "Traceback" not in ended.err
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_decensor_reads_a_mosaic_through_a_mask_and_a_block(run: Run, config: Path, tmp_path: Path):
    assert run("train", config, "--set", "steps=1").code == 0
    picture = read(tmp_path / "pictures" / "picture1.png").tensor()
    cells = picture[:, 16:48, 16:48].reshape(3, 8, 4, 8, 4).mean((2, 4))
    picture[:, 16:48, 16:48] = cells.repeat_interleave(4, 1).repeat_interleave(4, 2)
    write(from_array(picture), tmp_path / "in" / "one.png")
    mask = torch.zeros(3, 72, 72)
    mask[:, 16:48, 16:48] = 1
    write(from_array(mask), tmp_path / "mask.png")
    ended = run(
        *("decensor", tmp_path / "in", "-o", tmp_path / "out", "--model", tmp_path / "run" / "last.safetensors"),
        *("--mask", tmp_path / "mask.png", "--censor", "mosaic", "--block", "4x4", "--device", "cpu"),
        *("--variations", 2, "--best", "--grow", 3, "--feather", 2, "--match-colour"),
    )
    assert ended.code == 0, ended.err
    assert "(mosaic, 1 region, " in ended.out
    assert (tmp_path / "out" / "one 1.png").exists()
    restored = read(tmp_path / "out" / "one 0.png").tensor()[:, 16:48, 16:48].reshape(3, 8, 4, 8, 4).mean((2, 4))
    assert (restored - cells).abs().max() < 1.5 / 255  # pixels are rounded once more


def test_build_dataset_prints_its_table(run: Run, tmp_path: Path):
    folder_of_pictures(tmp_path / "pictures", count=5)
    (tmp_path / "set.yaml").write_text("{size: 48, patches_per_image: 3}")
    ended = run(
        *("build-dataset", tmp_path / "pictures", "-o", tmp_path / "set", "--size", 32, "--splits", "0.6,0.2,0.2"),
        *("--config", tmp_path / "set.yaml", "--set", "clean.blur=null"),
    )
    assert ended.code == 0, ended.err
    assert "found" in ended.out
    assert "patches" in ended.out
    told = json.loads((tmp_path / "set" / "dataset.json").read_text())["parameters"]
    assert (told["size"], told["patches_per_image"], told["splits"]) == (32, 3, [0.6, 0.2, 0.2])  # flags before files
    assert (tmp_path / "set" / "contact.png").is_file()


def test_a_run_is_not_begun_over_another(run: Run, config: Path, tmp_path: Path):
    assert run("train", config, "--set", "steps=1").code == 0
    assert_one_sentence(run("train", config, "--set", "steps=1"), "state.pt exists", "--resume", "--set output=")
    ended = run("train", config, "--set", "steps=2", "--resume")
    assert ended.code == 0
    assert "Trained 2 steps" in ended.out


def test_what_a_user_can_mend_ends_as_one_sentence(run: Run, config: Path, tmp_path: Path):
    folder = tmp_path / "pictures"
    assert_one_sentence(run("train", "missing.yaml"), "missing.yaml does not exist")
    assert_one_sentence(run("train", config, "--set", "generator.name=x"), "generator 'x' is unknown; choose")
    assert_one_sentence(run("train", config, "--set", "stepz=3"), "stepz")
    assert_one_sentence(run("train", config, "--resume"), "nothing to resume")
    assert_one_sentence(run("evaluate", "nosuch", "--data", folder), "nosuch is neither")
    assert_one_sentence(run("build-dataset", folder, "-o", tmp_path / "set", "--splits", "a"), "--splits 'a'")
    assert_one_sentence(run("build-dataset", folder, "-o", tmp_path / "set", "--splits", "0.5,0.1"), "train, val, test")
    assert_one_sentence(run("build-dataset", folder, "-o", tmp_path / "set", "--set", "clean.blurr=1"), "clean.blurr")
    out = tmp_path / "out"
    assert_one_sentence(run("decensor", folder, "-o", out, "--colour", "green"), "colour is 'green', but must be three")
    assert_one_sentence(run("decensor", folder, "-o", out, "--colour", "1,2"), "three whole numbers")
    assert_one_sentence(run("decensor", folder, "-o", out, "--block", "8x"), "block is '8x'")
    assert_one_sentence(run("decensor", folder, "-o", out, "--block", "8x8x8"), "height x width")
    assert_one_sentence(run("decensor", folder, "-o", out, "--model", config), "not a safetensors file")


def test_network_faults_end_as_one_sentence(run: Run, config: Path, tmp_path: Path):
    assert run("train", config, "--set", "steps=1").code == 0
    model, folder = tmp_path / "run" / "last.safetensors", tmp_path / "pictures"
    asked = ("evaluate", model, "--data")
    assert_one_sentence(run(*asked, tmp_path / "nowhere"), "nowhere is not a folder")
    assert_one_sentence(run(*asked, folder, "--case", "blur"), "case 'blur' is unknown")
    assert_one_sentence(run(*asked, folder, "--device", "tpu"), "device 'tpu'")
    assert_one_sentence(run(*asked, folder, "--json", tmp_path), "is a folder, but should be the file")
    restore = ("decensor", folder, "-o", tmp_path / "out", "--model", model)
    assert_one_sentence(run(*restore, "--censor", "blur"), "'blur'")
    assert_one_sentence(run(*restore, "--variations", 9), "must be 1, 2, 3, 4, 5, 6, 7 or 8")
    assert_one_sentence(run(*restore, "--mask", tmp_path / "nowhere"), "nowhere")


def test_the_version_is_printed_and_help_has_two_flags(run: Run):
    assert run("--version").out == f"inpaint {__version__}\n"
    for flag in ("-h", "--help"):
        assert "Usage" in run(flag).out
        assert "What to restore:" in run("decensor", flag).out


def test_verbs_stand_in_the_order_in_which_they_are_needed_and_fit_their_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    said = run("--help").out
    lines = said[said.index("Commands:") :].splitlines()[1:]
    assert [line.split()[0] for line in lines if line.strip()] == [*VERBS, "analyze"]
    assert all(line.endswith(".") and not line.endswith("...") and len(line) < 80 for line in lines if line.strip())


@pytest.mark.parametrize("verb", [*VERBS, *(f"analyze {it}" for it in ANALYSES)])
def test_the_help_of_a_verb_fits_80_columns_and_shows_no_types(verb: str, run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = run(*verb.split(), "--help").out
    assert [line for line in said.splitlines() if len(line) > 80] == []
    assert not re.search(r"<\w+( \w+|\[\w+\])?>|\bTEXT\b|\bINTEGER\b", said), "say what a value is, not its type"
    assert not re.search(r"[{}]|\]\]", said.splitlines()[0])


def test_the_options_of_decensor_stand_in_panels_and_choices_are_shown(run: Run):
    said = run("decensor", "--help").out
    panels = ["What to restore:", "How:", "Files:", "Reports:", "Machine:"]
    assert sorted(panels, key=said.index) == panels
    for choices in (
        "[marked|auto|hole|mosaic]",
        "[error|copy|skip]",
        "[1|2|3|4|5|6|7|8]",
        "[torch|onnx]",
        "[auto|float32|bfloat16]",
    ):
        assert choices in said
    assert said.index("--censor") < said.index("How:") < said.index("--feather") < said.index("Files:")


def test_names_never_command_the_terminal_and_other_files_are_counted(run: Run, tmp_path: Path):
    (tmp_path / "in").mkdir()
    for name in ("bad\x1b[2J\n\x9b\u202e.png", "notes.txt", "a.psd", "b.psd"):
        (tmp_path / "in" / name).write_text("no picture")
    for ended in (
        run("decensor", tmp_path / "in", "-o", tmp_path / "out", "--json", tmp_path / "report.json"),
        run("detect", tmp_path / "in", "-o", tmp_path / "found"),
    ):
        assert ended.code == 1
        assert not set(ended.out + ended.err) & set("\x1b\x9b\u202e")
        assert "bad\\x1b[2J\\n\\x9b\\u202e.png" in ended.err
        assert "3 other files were left alone, for they are no pictures that can be read: 2 .psd, 1 .txt" in ended.out
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["left_alone"] == {".psd": 2, ".txt": 1}


def test_a_disk_without_room_for_a_report_is_said_before_the_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder_of_pictures(tmp_path / "in")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for report in ("--json", "--html"):
        ended = run("decensor", tmp_path / "in", "-o", tmp_path / "out", report, tmp_path / "sub" / "report")
        assert_one_sentence(ended, "report cannot be written: No space left on device")
        assert not (tmp_path / "out").exists()


def test_an_outcome_is_one_line():
    outcome = Outcome(Path("in/a.png"), [Path("out/a 0.png"), Path("out/a 1.png")], 2, "mosaic", None, 1.25, "no grid")
    assert outcome_line(outcome) == "in/a.png -> out/a 0.png, out/a 1.png (mosaic, 2 regions, 1.2 s); no grid"
    failed = outcome._replace(outputs=[], error="nothing is painted")
    assert outcome_line(failed) == "in/a.png: nothing is painted"
    assert outcome_line(failed._replace(error="in/a.png is empty")) == "in/a.png is empty"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8:strict"])
def test_a_name_that_the_terminal_cannot_show_does_not_end_the_batch(encoding: str, tmp_path: Path):
    picture = from_array(torch.tensor([0.0, 1.0, 0.0])[:, None, None].expand(3, 8, 8))
    names = ["a", "漢字"] + ([os.fsdecode(b"\xff")] if sys.platform == "linux" else [])
    for name in names:
        write(picture, tmp_path / "in" / f"{name}.png")
    program = (
        "from inpaint import cli, assemble; assemble.load = lambda *_, **__: lambda image, *_, **__: image; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "decensor", tmp_path / "in", "-o", tmp_path / "out"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == sorted(f"{name} 0" for name in names)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a process group")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_group_saves_says_how_to_go_on_and_is_gone_on_from(name: str, config: Path, tmp_path: Path):
    command = [sys.executable, "-m", "inpaint", "train", str(config), "--set", "data.workers=2"]
    command += ["--set", "data.mask.sides=[8, 16]"]
    endless = subprocess.Popen(
        [*command, "--set", "steps=100000", "--set", "every.samples=100000", "--set", "every.validate=100000"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    journal, deadline = tmp_path / "run" / "journal.jsonl", time.monotonic() + 300
    while not (journal.is_file() and journal.read_text().count("\n") >= 4):
        assert endless.poll() is None, endless.stderr and endless.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    number = getattr(signal, name)
    os.killpg(endless.pid, number)  # as a terminal, timeout and SLURM do: the workers get it too
    _, err = endless.communicate(timeout=300)
    assert endless.returncode == 128 + number, err
    assert "Traceback" not in err
    step = torch.load(tmp_path / "run" / "state.pt", weights_only=True)["step"]
    assert f"Stopped and saved at step {step} of 100000.  Go on with: inpaint train {config}" in err
    assert "--set 'data.mask.sides=[8, 16]'" in err
    assert err.rstrip().endswith("--resume")
    if name == "SIGINT":
        done = subprocess.run(
            [*command, "--set", f"steps={step + 2}", "--resume"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert f"Trained {step + 2} steps" in done.stdout


def test_inspect_prints_tables_and_ends_with_1_where_something_is_wrong(run: Run, tmp_path: Path):
    folder = dataset(tmp_path / "data")
    sound = run("inspect", folder, "--html", tmp_path / "page.html")
    assert sound.code == 0
    assert "split  groups  pictures  patches" in sound.out
    assert (tmp_path / "page.html").read_text().count("<img") >= 20
    next((folder / "train").iterdir()).unlink()
    harmed = run("inspect", folder)
    assert harmed.code == 1
    assert "inpaint: 1 files are missing: train/" in harmed.err
    assert "split  groups  pictures  patches" in harmed.out


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(run: Run, config: Path, tmp_path: Path):
    ended = run("train", config, "--dry-run")
    assert ended.code == 0, ended.err
    for words in ("pictures: 3 pictures", "parameters that learn: generator ", "images/s", "3 steps: about", "is free"):
        assert words in ended.out
    assert not (tmp_path / "run").exists()
    assert run("train", config, "--set", "steps=1").code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()}
    ended = run("train", config, "--dry-run")
    assert "holds a run already (state.pt): --resume goes on with it" in ended.out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()} == before


def test_config_shows_a_run_in_full_and_lists_what_comes_with_the_package(run: Run, config: Path, tmp_path: Path):
    shown = run("config", config, "--set", "data.batch=3")
    tree = yaml.safe_load(shown.out)
    assert (tree["data"]["batch"], tree["ema"], tree["data"]["mask"][0]["margin"]) == (3, 0.999, 10)
    assert tree["generator"]["name"] == "residual_unet"
    names = run("config", "--list").out.split()
    assert {"quick", "finetune", "small/unet"} <= set(names)
    assert yaml.safe_load(run("config", "small/unet").out)["generator"]["shape"] == "plain"
    assert_one_sentence(run("config", "small/unett"), "small/unett does not exist", "did you mean small/unet?")
    assert_one_sentence(run("train", "default"), "default is two networks")
    assert_one_sentence(run("config"), "name a config")


def test_plot_draws_the_curves_of_several_runs(run: Run, config: Path, tmp_path: Path):
    pytest.importorskip("matplotlib")
    assert_one_sentence(run("plot", tmp_path / "run"), "run does not exist", "hold a journal.jsonl")
    assert run("train", config).code == 0
    assert run("train", config, "--set", f"output={tmp_path / 'other'}", "--set", "steps=2").code == 0
    ended = run("plot", tmp_path / "run", tmp_path / "other" / "journal.jsonl", "-o", tmp_path / "curves.png")
    assert ended.code == 0, ended.err
    assert min(read(tmp_path / "curves.png").size) > 200
    page = (tmp_path / "curves.html").read_text()
    for words in (">run<", ">other<", "data:image/png;base64,", "best PSNR"):
        assert words in page
    assert_one_sentence(run("plot", tmp_path / "run", "-o", tmp_path / "curves.pdf"), "should be a .png or an .html")
    (tmp_path / "run" / "journal.jsonl").write_text("{}\n")
    assert_one_sentence(run("plot", tmp_path / "run"), "journal.jsonl, line 1, is not JSON with a step")


def test_profile_and_find_rate_say_what_they_found(run: Run, config: Path, tmp_path: Path):
    ended = run("profile", config, "--steps", 1, "-o", tmp_path / "trace.json")
    assert ended.code == 0, ended.err
    for words in ("data ", "forward generator", "loss ", "backward generator", "optimizer generator", "a step", " %"):
        assert words in ended.out
    assert (tmp_path / "trace.json").is_file()
    ended = run("find-rate", config, "--steps", 30, "--low", "1e-5", "--high", "1e3", "-o", tmp_path / "rates.json")
    assert ended.code == 0, ended.err
    assert re.search(r"a rate to begin with: --set optim\.generator\.lr=\d\.\de-\d\d", ended.out)
    assert json.loads((tmp_path / "rates.json").read_text())[0]["rate"] == 1e-5
    assert not (tmp_path / "run").exists()


def test_overfit_says_what_was_gained(run: Run, config: Path):
    ended = run("train", config, "--overfit", 2)
    assert ended.code == 0, ended.err
    assert "PSNR over the mask since the beginning: " in ended.out


@pytest.mark.parametrize(
    "answers",
    [
        [],
        ["--generator", "unet", "--discriminator", "sn_patch", "--loss", "hinge", "--perceptual", "--style"],
        ["--generator", "gated", "--discriminator", "patch", "--discriminator", "sn_patch", "--damage", "hole"],
        ["--generator", "cells", "--damage", "mosaic", "--crop", "128"],
    ],
)
def test_new_writes_a_run_that_can_be_built(answers: list[str], run: Run, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    ended = run("new", file, *answers)
    assert ended.code == 0, ended.err
    settings = ["data.train=synthetic", "data.validation=null", "data.workers=0", f"output={tmp_path / 'run'}"]
    settings += ["features.weights=random"] if "--perceptual" in answers else []
    made = read_run(file, settings)
    trainer = trainer_of(made)
    assert set(trainer.players) == set(made.optim)
    assert len(made.discriminators) == answers.count("--discriminator")
    assert len(next(iter(trainer.batches(0, 1))).mask) == made.data.batch
    assert_one_sentence(run("new", file), "exists: choose another file")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["--generator", "unit"], "generator 'unit' is unknown"),
        (["--discriminator", "patches"], "discriminator 'patches' is unknown"),
        (["--discriminator", "sn_patch", "--loss", "wasserstein"], "adversarial loss is 'wasserstein': choose among"),
        (["--damage", "blur"], "the damage is 'blur': choose hole, mosaic, both"),
        (["--generator", "cells"], "restores mosaics alone"),
        (["--crop", "100"], "does not divide by"),
    ],
)
def test_an_answer_that_is_no_choice_is_a_sentence_and_writes_nothing(
    answers: list[str], words: str, run: Run, tmp_path: Path
):
    assert_one_sentence(run("new", tmp_path / "mine.yaml", *answers), words)
    assert not (tmp_path / "mine.yaml").exists()
