"""The journal survives power failures and resuming; the sheet shows input, output and target."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import pytest
import torch

from inpaint.images import read
from inpaint.sample import Sample
from inpaint.training.journal import Journal
from inpaint.training.sheets import ROW_LABEL_HEIGHT, label_strip, write_sheet


def test_lines_come_back_in_order(tmp_path: Path):
    journal = Journal(tmp_path / "run" / "journal.jsonl")
    lines = [{"step": 50, "losses": {"hole_l1": 0.1 + 0.2}}, {"step": 100, "psnr": 21.5}]
    for line in lines:
        journal.write(line)
    assert journal.read() == lines
    assert journal.path.read_text().count("\n") == 2


def test_a_journal_that_was_never_written_is_empty(tmp_path: Path):
    assert Journal(tmp_path / "journal.jsonl").read() == []


def test_an_unfinished_last_line_is_left_out_and_cut_away(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write({"step": 50})
    with journal.path.open("a") as file:
        file.write('{"step": 100, "los')
    assert journal.read() == [{"step": 50}]
    journal.cut(100)
    journal.write({"step": 100})
    assert journal.read() == [{"step": 50}, {"step": 100}]


def test_cutting_drops_later_steps_and_keeps_the_step_itself(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    for step in (50, 100, 100, 150):
        journal.write({"step": step})
    journal.cut(100)
    assert [line["step"] for line in journal.read()] == [50, 100, 100]


def test_cutting_moves_no_number(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    line = {"step": 1, "losses": {"a": 1 / 3, "b": 1e-30}, "psnr": None}
    journal.write(line)
    before = journal.path.read_bytes()
    journal.cut(1)
    assert journal.path.read_bytes() == before
    assert journal.read() == [line]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_null_and_the_line_stays_json(tmp_path: Path, number: float):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write({"step": 1, "losses": {"a": number, "b": [1.0, number]}})

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    told = json.loads(journal.path.read_text(), parse_constant=refuse)
    assert told == {"step": 1, "losses": {"a": None, "b": [1.0, None]}}


@pytest.mark.parametrize("faulty", ["{'step': 2}", '{"stepp": 2}', "[1]", "null", '{"step": "2"}', "", "\x00\x01"])
def test_a_faulty_line_is_named_by_file_and_line(tmp_path: Path, faulty: str):
    path = tmp_path / "journal.jsonl"
    path.write_text(f'{{"step": 1}}\n{faulty}\n{{"step": 3}}\n')
    for reading in (Journal(path).read, lambda: Journal(path).cut(3)):
        with pytest.raises(ValueError, match=r"journal\.jsonl, line 2, is not JSON with a step"):
            reading()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write({"step": 1})
    truncated_write(monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        journal.write({"step": 2})
    monkeypatch.undo()
    journal.write({"step": 3})
    assert journal.read() == [{"step": 1}, {"step": 3}]


def truncated_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writing end in the middle, as on a full disk."""
    plain = os.write

    def write(handle: int, data: bytes) -> int:
        plain(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.write", write)


def test_a_sheet_has_a_row_per_sample_input_output_target(tmp_path: Path):
    def flat(level: float) -> torch.Tensor:
        return torch.full((1, 3, 4, 6), level)

    samples = [Sample(flat(0.0), flat(1.0)[:, :1], flat(1.0)), Sample(flat(0.2), flat(1.0)[:, :1], flat(0.4))]
    write_sheet(tmp_path / "samples" / "1.png", samples, [flat(1.7), flat(0.6)])
    sheet = read(tmp_path / "samples" / "1.png").colour
    assert sheet.shape == (8 + 2 * ROW_LABEL_HEIGHT, 18, 3)
    centres = [[int(sheet[y, x, 0]) for x in (3, 9, 15)] for y in (ROW_LABEL_HEIGHT + 2, 2 * ROW_LABEL_HEIGHT + 6)]
    assert centres == [[0, 255, 255], [51, 153, 102]]  # out of range is clipped


def test_labels_stand_above_their_pictures():
    strip = label_strip(["input 12.3 dB", "output 20.1 dB", ""], 120)
    assert strip.shape == (3, ROW_LABEL_HEIGHT, 360)
    assert [part.max().item() > 0.9 for part in strip.chunk(3, dim=2)] == [True, True, False]
