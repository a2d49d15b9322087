from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
import torch

from inpaint.evaluation.evaluate import Evaluation, Example, Row
from inpaint.evaluation.evaluation_page import OUTLINE_COLOUR, evaluation_page, outline_mask, write_evaluation_page
from inpaint.evaluation.tables import markdown_table, scores_as_dict, text_table, write_scores
from inpaint.metrics import METRICS


def example(case: str) -> Example:
    image = torch.arange(3 * 8 * 10, dtype=torch.uint8).view(3, 8, 10)
    mask = torch.zeros(1, 8, 10)
    mask[:, 2:4, 3:6] = 1
    return Example(
        case,
        "cat <1>.png",
        mask,
        image,
        image,
        {"do nothing": image, "ours": image},
        {"do nothing": 9.876, "ours": 21.5},
    )


def scores(*numbers: float) -> dict[str, float]:
    return dict(zip(METRICS, numbers, strict=True))


def evaluation() -> Evaluation:
    """Two cases and two methods; ours has the better PSNR and the worse SSIM, L1 is even as printed."""
    nothing = scores(20.004, 0.9, 0.02, 30.0, 0.95, 0.01, 0.5)
    ours = scores(21.5, 0.8, 0.020000001, 31.0, 0.94, 0.009, 1.2)
    rows = [
        Row(case, method, method != "ours", 3, numbers, 0.25)
        for case in ("mosaic-8", "hole-bars")
        for method, numbers in (("do nothing", nothing), ("ours", ours))
    ]
    return Evaluation(tuple(rows), (example("mosaic-8"), example("hole-bars")), 7, 3)


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


def test_the_table_holds_every_case_and_method_and_marks_the_best():
    lines = text_table(evaluation()).splitlines()
    assert lines[0] == "mosaic-8, 3 pictures"
    assert lines[2].split() == [
        "do",
        "nothing",
        "20.00",
        "0.9000*",
        "0.0200*",
        "0.50",
        "30.00",
        "0.9500*",
        "0.0100",
        "0.250",
    ]
    assert lines[3].split() == ["ours", "21.50*", "0.8000", "0.0200*", "1.20*", "31.00*", "0.9400", "0.0090*", "0.250"]
    assert "hole-bars, 3 pictures" in lines
    assert lines[-1].endswith("best marked *; seed 7.")


def test_the_columns_of_the_table_are_aligned():
    _, heading, *rows = text_table(evaluation()).splitlines()[:4]
    end = heading.index("PSNR mask") + len("PSNR mask")
    assert [row[:end].split()[-1] for row in rows] == ["20.00", "21.50"]
    assert [row[end] for row in rows] == [" ", "*"]


def test_markdown_is_one_table_with_the_best_in_bold():
    lines = markdown_table(evaluation()).splitlines()
    assert lines[2] == (
        "| mosaic-8 | do nothing | 20.00 | **0.9000** | **0.0200** | 0.50 | 30.00 | **0.9500** | 0.0100 | 0.250 |"
    )
    assert lines[5] == (
        "| hole-bars | ours | **21.50** | 0.8000 | **0.0200** | **1.20** | **31.00** | 0.9400 | **0.0090** | 0.250 |"
    )
    assert len({line.count("|") for line in lines[:6]}) == 1


def test_json_holds_every_number_unrounded(tmp_path):
    write_scores(evaluation(), tmp_path / "new" / "numbers.json")
    numbers = json.loads((tmp_path / "new" / "numbers.json").read_text(encoding="utf-8"))
    assert numbers == scores_as_dict(evaluation())
    assert (numbers["seed"], numbers["count"], len(numbers["rows"])) == (7, 3, 4)
    assert numbers["rows"][3] == {
        "case": "hole-bars",
        "method": "ours",
        "baseline": False,
        "count": 3,
        "psnr_mask": 21.5,
        "ssim_mask": 0.8,
        "l1_mask": 0.020000001,
        "psnr_whole": 31.0,
        "ssim_whole": 0.94,
        "l1_whole": 0.009,
        "detail_mask": 1.2,
        "seconds": 0.25,
    }


def test_the_page_is_whole_html_with_tables_and_pictures(tmp_path):
    write_evaluation_page(evaluation(), tmp_path / "page.html", title="Ours & theirs")
    reader = read((tmp_path / "page.html").read_text(encoding="utf-8"))
    text = " ".join(reader.text)
    for expected in ("Ours & theirs", "mosaic-8", "hole-bars", "cat <1>.png", "9.88", "target"):
        assert expected in text
    assert [image["alt"] for image in reader.images] == ["input", "ours", "target"] * 2
    assert all((image["width"], image["height"]) == ("10", "8") for image in reader.images)
    assert reader.best == ["0.9000", "0.0200", "0.9500", "21.50", "0.0200", "1.20", "31.00", "0.0090"] * 2


def test_the_page_needs_nothing_beside_it():
    sources = [image["src"] or "" for image in read(evaluation_page(evaluation())).images]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in evaluation_page(evaluation())


def test_the_outline_lies_around_the_mask_and_on_no_masked_pixel():
    one = example("mosaic-8")
    shown = outline_mask(one.image, one.mask)
    changed = (shown != one.image).any(0)
    around = torch.zeros(8, 10, dtype=torch.bool)
    around[1:5, 2:7] = True
    around[2:4, 3:6] = False
    assert torch.equal(changed, around)
    assert torch.equal(shown[:, 1, 2], OUTLINE_COLOUR.flatten())


@pytest.mark.parametrize("write", [write_scores, write_evaluation_page])
def test_a_report_replaces_its_predecessor_and_leaves_no_scraps(tmp_path, write):
    path = tmp_path / "report.html"
    path.write_text("yesterday", encoding="utf-8")
    write(evaluation(), path)
    assert "yesterday" not in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]
