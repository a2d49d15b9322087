from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders.scenes import save
from PIL import Image, ImageDraw, ImageFont

from inpaint.builders.dataset import build_dataset
from inpaint.builders.examining.lettering import Line, lines_of, text_reader, text_share, watermark_in
from inpaint.builders.settings import parse_settings

pytest.importorskip("rapidocr", reason="the extra [text]")
HEIGHT, WIDTH = 420, 600


def view(seed: int) -> np.ndarray:
    """Draw hills under a sky, with grain, (420, 600, 3) uint8."""
    rng = np.random.default_rng(seed)
    picture = np.linspace((150, 190, 230), (235, 225, 200), HEIGHT)[:, None].repeat(WIDTH, axis=1)
    for row in range(4):
        heights = cv2.resize(rng.uniform(0, 120, (1, 9)), (WIDTH, 1), interpolation=cv2.INTER_CUBIC)[0] + 60 + 90 * row
        below = np.arange(HEIGHT)[:, None] > heights
        picture = np.where(below[:, :, None], rng.uniform(40, 140, 3), picture)
    return (picture + rng.normal(0, 9, picture.shape)).clip(0, 255).astype(np.uint8)


def written(picture: np.ndarray, words: str, places: list[tuple[float, float]], size: int, opacity: float, slant=0):
    """Write white words on a picture, at shares of its sides (x, y), turned by so many degrees."""
    layer = Image.new("L", (WIDTH, HEIGHT), 0)
    for x, y in places:
        ImageDraw.Draw(layer).text((x * WIDTH, y * HEIGHT), words, 255, ImageFont.load_default(size), anchor="mm")
    share = np.asarray(layer.rotate(slant))[:, :, None] / 255 * opacity
    return (picture * (1 - share) + 255 * share).round().astype(np.uint8)


def captioned(picture: np.ndarray) -> np.ndarray:
    bar = np.full((70, WIDTH, 3), 255, np.uint8)
    cv2.putText(bar, "What we saw on the way home", (20, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0, 0, 0), 2, cv2.LINE_AA)
    return np.concatenate([picture, bar])


TILES = [(x, y) for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)]
WRITTEN: dict[str, tuple[Callable[[np.ndarray], np.ndarray], bool]] = {  # and whether it is a watermark
    "tiles": (lambda it: written(it, "PREVIEW", TILES, 30, 0.5), True),
    "faint tiles aslant": (lambda it: written(it, "PREVIEW", TILES, 34, 0.35, 30), True),
    "across the middle": (lambda it: written(it, "samplepictures", [(0.5, 0.5)], 64, 0.6, 25), True),
    "credit": (lambda it: written(it, "photo: A. Weber 2019", [(0.8, 0.95)], 18, 0.8), True),
    "caption": (captioned, False),
    "heading": (lambda it: written(it, "A DAY IN THE HILLS", [(0.5, 0.35)], 56, 1.0), False),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_lettering_is_found(kind: str):
    change, watermark = WRITTEN[kind]
    found = lines_of(change(view(1)))
    assert text_share(found) > 0.005
    assert (watermark_in(found) is not None) == watermark, found


def test_a_picture_without_lettering_has_none():
    for seed in range(2):
        assert lines_of(view(seed)) == []


def test_photographed_signs_are_text_and_no_watermark():
    sign = [Line(0.4, 0.3, 0.3, 0.08, 3.0)]
    assert watermark_in(sign) is None
    assert text_share(sign) == pytest.approx(0.024)
    assert watermark_in([]) is None


def test_both_rules_reject_what_breaks_them_and_are_off_by_default(tmp_path: Path):
    save(view(1), tmp_path / "pictures" / "plain.png")
    save(WRITTEN["credit"][0](view(2)), tmp_path / "pictures" / "credit.png")
    save(captioned(view(3)), tmp_path / "pictures" / "caption.png")
    rest = {"censored": None}

    def rejected(name: str, **clean) -> dict[str, str]:
        options = {"size": 64, "splits": (1, 0, 0), "clean": rest | clean}
        report = build_dataset([tmp_path / "pictures"], tmp_path / name, **options)
        assert sum(report.rejected.values()) == report.found - report.kept
        lines = (tmp_path / name / "rejected.jsonl").read_text().splitlines()
        return {line["source"]: line["rule"] for line in map(json.loads, lines)}

    assert rejected("off") == {}
    assert rejected("text", text=0.03) == {"pictures/caption.png": "text"}
    assert rejected("watermark", watermark=True) == {"pictures/credit.png": "watermark"}
    assert parse_settings({}, "defaults").clean.text is None


def test_without_the_extra_it_is_said_before_pictures_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save(view(1), tmp_path / "pictures" / "plain.png")
    text_reader.cache_clear()
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(ValueError, match=r"text and watermark need the extra: pip install 'inpaint\[text\]'$"):
        build_dataset([tmp_path / "pictures"], tmp_path / "set", size=64, clean={"watermark": True})
    assert [it.name for it in tmp_path.iterdir()] == ["pictures"]
