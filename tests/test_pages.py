from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from jinja2 import UndefinedError
from PIL import Image

from inpaint.builders.report.dataset_page import dataset_page
from inpaint.builders.report.statistics import describe_dataset
from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.evaluation_page import evaluation_page
from inpaint.evaluation.examples import Example
from inpaint.evaluation.page_parts import EVALUATION_SCRIPT
from inpaint.evaluation.picture_numbers import PictureNumbers
from inpaint.evaluation.rows import Row
from inpaint.folder.batch_report import write_outcomes_page
from inpaint.folder.file_outcome import Outcome
from inpaint.metrics import METRICS
from inpaint.pages import (
    HtmlCell,
    HtmlRow,
    html_bars,
    html_figure,
    html_page,
    html_table,
    png_url,
    render_template,
    thumbnail_url,
)

HOSTILE = """"><script>alert('&')</script>"""
ESCAPED = "&#34;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"


def picture_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2])))


@pytest.mark.parametrize(
    "text",
    [
        html_page(HOSTILE, render_template("{{ value }}", value=HOSTILE)),
        html_table([HOSTILE], [[HOSTILE], HtmlRow([HtmlCell(HOSTILE, "best")], "failed"), [Path(HOSTILE)]]),
        html_bars({HOSTILE: 3}),
        html_figure("data:image/png;base64,", HOSTILE, caption=HOSTILE, note=HOSTILE),
        html_figure(None, HOSTILE, caption=HOSTILE),
    ],
    ids=["page", "table", "bars", "figure", "no picture"],
)
def test_what_is_put_into_a_page_stays_text(text: str):
    assert "<script" not in text
    assert ESCAPED in text


def hostile_dataset_page(folder: Path) -> str:
    (folder / "manifest.jsonl").write_text(
        '{"file": "train/<script>_0.png", "source": "<script>", "group": "<script>", "split": "<script>", '
        '"sha256": "", "facts": {"licence": "<script>"}}\n'
    )
    (folder / "rejected.jsonl").write_text('{"source": "<script>", "rule": "<script>", "detail": "<script>"}\n')
    return dataset_page(describe_dataset(folder), folder, title="<script>")


def hostile_evaluation_page(folder: Path) -> str:
    pixels, mask = torch.zeros(3, 8, 8, dtype=torch.uint8), torch.ones(1, 8, 8)
    scores = dict.fromkeys(METRICS, 1.0)
    rows = (Row("<script>", "<script>", False, 1, scores, 0.1),)
    example = Example("<script>", "<script>", mask, pixels, pixels, {"<script>": pixels}, {"<script>": 1.0})
    records = [
        PictureNumbers(it, "<script>", "<script>", "hole", "<script>", 0.1, False, "", scores, 0.1, 0, {})
        for it in (0, 1)
    ]
    page = evaluation_page(Evaluation(rows, (example,), 0, 1, records=tuple(records)), title="<script>")
    return page.replace(f"<script>{EVALUATION_SCRIPT}</script>", "")  # the page's own


def hostile_batch_page(folder: Path) -> str:
    outcome = Outcome(Path("<script>"), [Path("<script>")], 1, "<script>", "<script>", 0.1, "<script>", "failed")
    write_outcomes_page([outcome], folder / "page.html", title="<script>")
    return (folder / "page.html").read_text()


@pytest.mark.parametrize("make", [hostile_dataset_page, hostile_evaluation_page, hostile_batch_page])
def test_a_hostile_name_stays_text_in_every_report(tmp_path: Path, make):
    text = make(tmp_path)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        render_template("{{ name }}")


def test_a_table_groups_thousands_and_keeps_text_as_it_is():
    text = html_table(["a", "b"], [[1234567, "1234567"]])
    assert "<td>1,234,567</td><td>1234567</td>" in text


def test_the_longest_bar_fills_its_row_and_no_count_divides_by_nothing():
    assert "width:100.0%" in html_bars({"a": 4, "b": 1})
    assert "width:25.0%" in html_bars({"a": 4, "b": 1})
    assert "width:0.0%" in html_bars({"a": 0})


def test_a_figure_without_a_picture_says_so():
    assert "cannot be shown" in html_figure(None, "cat.png")
    assert "<img" not in html_figure(None, "cat.png")


def test_pixels_come_back_exactly():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    assert np.array_equal(np.asarray(picture_of(png_url(pixels))), pixels)


def test_a_thumbnail_keeps_the_shape_and_shows_paper_under_transparency():
    shown = picture_of(thumbnail_url(np.zeros((40, 80, 3), np.float32), np.zeros((40, 80), np.float32), side=20))
    assert shown.size == (20, 10)
    assert np.asarray(shown).min() > 250
    assert picture_of(thumbnail_url(np.zeros((4, 8, 3), np.float32), side=20)).size == (8, 4)  # never enlarged
