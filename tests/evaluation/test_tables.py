from __future__ import annotations

import csv
import io
import json
import math
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from inpaint.evaluation.costs import Cost
from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.evaluation_page import (
    OUTLINE_COLOUR,
    PAGE_BYTES,
    evaluation_page,
    outline_mask,
    write_evaluation_page,
)
from inpaint.evaluation.examples import Example
from inpaint.evaluation.picture_numbers import PictureNumbers, SkippedPicture
from inpaint.evaluation.rows import rows_of
from inpaint.evaluation.tables import case_tables, skipped_in_words
from inpaint.evaluation.written_tables import (
    latex_tables,
    markdown_report,
    markdown_table,
    pictures_csv,
    scores_as_dict,
    text_table,
    write_scores,
)
from inpaint.metrics import ALL_METRICS

METRICS = {name: ALL_METRICS[name] for name in ("psnr_mask", "l1_mask", "psnr_pooled_mask")}
CASES = {"mosaic-8": "8 x 8", "hole-bars": ""}


def noise(side: int, seed: int) -> torch.Tensor:
    return torch.randint(0, 256, (3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def example(case: str, *, side: int = 10) -> Example:
    mask = torch.zeros(1, side, side)
    mask[:, 2:4, 3:6] = 1
    restored = {name: noise(side, number) for number, name in enumerate(("do nothing", "other", "ours"))}
    levels = {"do nothing": 9.876, "other": 20.0, "ours": 21.5}
    return Example(case, "cat <1>.png", mask, noise(side, 7), noise(side, 8), restored, levels, "best of 3")


def record(index: int, case: str, method: str, psnr: float, l1: float, **changed: object) -> PictureNumbers:
    block = CASES[case]
    given = PictureNumbers(
        index,
        f"cat{index}",
        case,
        "mosaic" if block else "hole",
        method,
        0.1 * index + 0.05,
        index == 0,
        block,
        {"psnr_mask": psnr, "l1_mask": l1},
        0.25,
        0,
        {"psnr_pooled_mask": [10 ** (-psnr / 10) * 100, 100.0]},
    )
    return given._replace(**changed)


def evaluation(*, count: int = 3, examples: tuple[Example, ...] | None = None) -> Evaluation:
    """Two cases; ours is better than nothing by far, and differs from other by less than chance."""
    records = []
    for case in CASES:
        for index in range(count):
            level = 20 + 3 * index
            wave = 0.02 * (-1) ** index
            records += [
                record(index, case, "do nothing", level - 5 + wave, 0.2),
                record(index, case, "other", level + 5 * wave, 0.1),
                record(index, case, "ours", level + wave, 0.1 + 1e-9),
            ]
    costs = {(case, "ours"): Cost(1234567, 3.21, 17.4) for case in CASES}
    free = frozenset({"do nothing"})
    rows = rows_of(records, METRICS, against="ours", baselines=free, costs=costs, seed=7)
    shown = (example("mosaic-8"), example("hole-bars")) if examples is None else examples
    return Evaluation(tuple(rows), shown, 7, count, METRICS, tuple(records), (), "ours", costs)


class Reader(HTMLParser):
    """Collects tags, images and text, and checks that every tag that opens also closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text: list[str] = []
        self.best: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in {"img", "meta", "br"}:
            self.open.append(f"{tag} best" if ("class", "best") in attrs else tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop().split()[0] == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] == "td best":
            self.best.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def test_a_number_is_printed_as_far_as_its_error_and_no_star_marks_a_difference_that_is_noise():
    table = next(case_tables(evaluation()))
    assert table.headings[:5] == ("method", "PSNR mask", "difference", "won", "L1 mask")
    lines = {method: dict(zip(table.headings[1:], cells, strict=True)) for method, cells in table.lines}
    assert lines["ours"]["PSNR mask"].text == "23.0 ± 1.7"  # 20, 23 and 26 dB
    assert lines["do nothing"]["PSNR mask"].text == "18.0 ± 1.7"
    assert [lines[name]["PSNR mask"].best for name in lines] == [False, True, True]  # of which one is the better mean
    assert lines["do nothing"]["difference"].text == "-5.00 [-5.00, -5.00]"
    assert lines["do nothing"]["won"].text == "0/3"
    assert lines["ours"]["difference"].text == lines["ours"]["won"].text == ""
    assert lines["other"]["won"].text == "2/3"
    assert lines["ours"]["PSNR pooled mask"].text == "22.34"  # it has no error
    assert "not told apart from it" in table.best
    assert [lines["ours"][name].text for name in ("parameters", "GFLOP", "MB peak")] == ["1,234,567", "3.2", "17"]


def test_one_picture_alone_says_nothing_of_errors_and_marks_nobody():
    (table, _) = case_tables(evaluation(count=1))
    assert not any(cell.best for _, cells in table.lines for cell in cells)
    assert dict(table.lines)["ours"][0].text == "20.02"
    assert table.best == ""


def test_the_columns_of_the_table_are_aligned_and_the_legend_says_what_is_what():
    text = text_table(evaluation())
    _, heading, *rows = text.splitlines()[:5]
    end = heading.index("PSNR mask") + len("PSNR mask")
    assert [row[:end].split()[-1] for row in rows] == ["1.7"] * 3
    assert [row[end] for row in rows] == [" ", "*", "*"]
    assert "hole-bars, 3 pictures" in text
    assert text.endswith("marked *; seed 7.\n")
    assert "difference to ours with its paired bootstrap 95 % interval" in text


def test_what_was_left_out_is_counted_and_named():
    skipped = (
        SkippedPicture(3, "bad.png", "bad.png is cut off"),
        SkippedPicture(4, "tiny.png", "too small", "mosaic-8"),
        SkippedPicture(0, "cat0", "lama has no file for cat0", "mosaic-8", "lama"),
        SkippedPicture(1, "cat1", "lama has no file for cat1", "mosaic-8", "lama"),
    )
    given = evaluation()._replace(skipped=skipped)
    assert skipped_in_words(given) == [
        "2 pictures could not be measured in part or at all:",
        "  bad.png: bad.png is cut off",
        "  tiny.png (mosaic-8): too small",
        "lama has no result for 2 damaged pictures, such as cat0:",
        "  lama has no file for cat0",
    ]
    for text in (text_table(given), markdown_report(given, title="t"), evaluation_page(given)):
        assert "bad.png is cut off" in text


def test_a_row_with_fewer_pictures_says_so_and_is_compared_on_those_that_both_have():
    given = evaluation()
    records = [it for it in given.records if (it.method, it.index) != ("other", 2)]
    rows = rows_of(records, METRICS, against="ours", baselines=frozenset(), costs={})
    table = next(case_tables(given._replace(rows=tuple(rows), records=tuple(records))))
    assert table.headings[-1] == "pictures"
    assert [cells[-1].text for _, cells in table.lines] == ["3", "2", "3"]
    assert dict(table.lines)["other"][2].text == "1/2"


def test_markdown_holds_every_grouping_with_the_best_in_bold():
    report = markdown_report(evaluation(), title="Ours")
    for heading in ("# Ours", "## By case", "## By share", "## By border"):
        assert heading in report.splitlines()
    assert "## By block" not in report  # there is one block
    for group in ("hole, 0-10 % masked", "mosaic, 20-30 % masked", "hole, touching the border"):
        assert f"| {group} | ours |" in report
    lines = markdown_table(evaluation()).splitlines()
    assert lines[4].startswith("| mosaic-8 | ours | **23.0 ± 1.7** |  |  |")
    assert len({line.count("|") for line in lines[:8]}) == 1


def test_latex_is_a_table_of_booktabs_for_every_case():
    text = latex_tables(evaluation(), title="ours")
    assert text.count(r"\begin{tabular}{lrrrrrrrrr}") == text.count(r"\end{tabular}") == 2
    assert r"ours & \textbf{23.0 $\pm$ 1.7} &  &  & " in text
    assert all(line.count(" & ") == 9 for line in text.splitlines() if line.endswith(r"\\"))


def test_csv_has_a_line_for_every_picture_case_and_method(tmp_path: Path):
    lines = list(csv.DictReader(io.StringIO(pictures_csv(evaluation()))))
    assert len(lines) == 18
    assert lines[2] == {
        "picture": "cat0",
        "case": "mosaic-8",
        "method": "ours",
        "masked": "0.050000",
        "touching": "1",
        "block": "8 x 8",
        "psnr_mask": "20.02",
        "l1_mask": "0.100000001",
        "seconds": "0.25",
        "changed": "0",
    }


def test_json_holds_every_number_unrounded(tmp_path: Path):
    write_scores(evaluation(), tmp_path / "new" / "numbers.json", {"date": "today"})
    numbers = json.loads((tmp_path / "new" / "numbers.json").read_text(encoding="utf-8"))
    assert numbers == json.loads(json.dumps(scores_as_dict(evaluation(), {"date": "today"})))
    assert (numbers["date"], numbers["seed"], numbers["count"], len(numbers["rows"])) == ("today", 7, 3, 6)
    assert len(numbers["pictures"]) == 18
    last = numbers["rows"][5]
    assert (last["case"], last["method"], last["baseline"], last["count"]) == ("hole-bars", "ours", False, 3)
    assert last["psnr_mask"] == pytest.approx((20.02 + 22.98 + 26.02) / 3)
    assert last["standard_errors"]["psnr_mask"] == pytest.approx(3 / math.sqrt(3), abs=0.01)
    assert numbers["rows"][4]["against"]["psnr_mask"]["pairs"] == 3
    assert {it["case"] for it in numbers["groups"]["border"]} >= {"hole, touching the border"}


def test_the_page_is_whole_html_with_tables_and_pictures(tmp_path: Path):
    write_evaluation_page(evaluation(), tmp_path / "page.html", title="Ours & theirs")
    reader = read((tmp_path / "page.html").read_text(encoding="utf-8"))
    text = " ".join(reader.text)
    for expected in ("Ours & theirs", "mosaic-8", "hole-bars", "cat <1>.png", "best of 3", "9.9 dB", "target"):
        assert expected in text
    assert "best here: ours with 21.5 dB" in text
    assert [image["alt"] for image in reader.images] == ["input", "other", "ours", "target"] * 2
    assert all((image["width"], image["height"]) == ("10", "10") for image in reader.images)
    assert reader.best.count("23.0 ± 1.7") >= 2


def test_the_page_needs_nothing_beside_it():
    sources = [image["src"] or "" for image in read(evaluation_page(evaluation())).images]
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert "http" not in evaluation_page(evaluation())


@pytest.mark.parametrize("examples", [4, 10])
def test_a_page_of_up_to_ten_pictures_stays_below_a_megabyte_however_much_there_is_to_show(examples: int):
    shown = tuple(example(case, side=192) for case in CASES for _ in range(examples))  # noise, which compresses worst
    page = evaluation_page(evaluation(examples=shown))
    assert 200_000 < len(page.encode()) < PAGE_BYTES
    assert page.count("<img") >= 2 * 4


def test_the_outline_lies_around_the_mask_and_on_no_masked_pixel():
    one = example("mosaic-8")
    shown = outline_mask(one.image, one.mask)
    changed = (shown != one.image).any(0)
    around = torch.zeros(10, 10, dtype=torch.bool)
    around[1:5, 2:7] = True
    around[2:4, 3:6] = False
    assert torch.equal(changed, around)
    assert torch.equal(shown[:, 1, 2], OUTLINE_COLOUR.flatten())


@pytest.mark.parametrize("write", [write_scores, write_evaluation_page])
def test_a_report_replaces_its_predecessor_and_leaves_no_scraps(tmp_path: Path, write):
    path = tmp_path / "report.html"
    path.write_text("yesterday", encoding="utf-8")
    write(evaluation(), path)
    assert "yesterday" not in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]
