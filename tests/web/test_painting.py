"""Painting on the page by fingers and by keys, zooming and moving, in a real Chromium."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page
pytest.importorskip("playwright.sync_api", reason="the extra [test] is not installed")

from playwright.sync_api import expect

from tests.folder_pictures import noise, save

pytestmark = pytest.mark.chromium
FORM = (300, 200)  # height, width of the picture

MASK = """async () => {
    const { maskFile } = await import("./paint.js");
    return Array.from(new Uint8Array(await (await maskFile()).arrayBuffer()));
}"""
Point = tuple[float, float]


def opened(page: Page, folder: Path) -> None:
    page.set_input_files("#file", save(folder / "cat.png", noise(*FORM)))
    expect(page.locator("#find")).to_be_enabled()


def mask_of(page: Page) -> np.ndarray:
    """Return what the page would send, (H, W) bool."""
    levels = np.array(Image.open(io.BytesIO(bytes(page.evaluate(MASK)))).convert("L"))
    assert levels.shape == FORM
    return levels > 127


def middle(page: Page) -> Point:
    page.locator("#mask").evaluate("it => it.scrollIntoView({block: 'center'})")
    box = page.locator("#mask").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def zoomed(page: Page) -> int:
    return int((page.locator("#zoom").text_content() or "").removesuffix(" %"))


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something is so: the browser does its part in its own time."""
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never was so")


class Fingers:
    """Fingers on a phone, as Chromium's own protocol moves them."""

    def __init__(self, page: Page):
        self.session = page.context.new_cdp_session(page)

    def event(self, kind: str, *points: Point) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, start: Point, by: Point) -> None:
        self.event("touchStart", start)
        for part in range(1, 6):
            self.event("touchMove", (start[0] + by[0] * part / 5, start[1] + by[1] * part / 5))
        self.event("touchEnd")


def test_one_finger_paints_and_two_zoom_and_move_but_never_both(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    x, y = middle(phone)
    fingers = Fingers(phone)
    fingers.drag((x - 40, y), (80, 0))
    painted = mask_of(phone)
    assert painted.any()
    before = zoomed(phone)
    fingers.event("touchStart", (x - 20, y + 60))
    fingers.event("touchMove", (x - 15, y + 60))  # the first finger begins to paint
    fingers.event("touchStart", (x - 15, y + 60), (x + 20, y + 60))
    for part in range(1, 6):
        fingers.event("touchMove", (x - 15 - 8 * part, y + 60), (x + 20 + 8 * part, y + 60))
    fingers.event("touchMove", (x - 55, y + 80), (x + 60, y + 80))
    fingers.event("touchMove", (x - 55, y + 80))  # one is lifted; the other must not paint
    fingers.event("touchMove", (x, y + 100))
    fingers.event("touchEnd")
    until(phone, lambda: zoomed(phone) > 1.5 * before)
    assert (mask_of(phone) == painted).all()
    phone.tap("#undo")
    assert not mask_of(phone).any(), "the pinch left no step behind"
    expect(phone.locator("#undo")).to_be_disabled()
    phone.tap("#redo")
    assert (mask_of(phone) == painted).all()


def test_a_thumb_can_hit_everything_and_nothing_hangs_over(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    header = phone.locator("header").bounding_box()
    assert header is not None
    assert header["height"] < 70, "one line"
    for selector in ("#size", "#erase", "#undo", "#zoom-in", "#run", "nav button"):
        box = phone.locator(selector).first.bounding_box()
        assert box is not None
        assert box["height"] >= 43.5, selector
    for selector in ("#save-mask", "#find", "#other", "#zoom-fit"):  # nothing has to be looked for beside the screen
        box = phone.locator(selector).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, selector
    box = phone.locator("form label:has([name=best])").bounding_box()
    assert box is not None
    assert box["height"] >= 43.5


def test_the_report_of_many_pictures_fits_on_a_phone(phone: Page):
    phone.tap("[data-tab=many]")
    rows = [{"path": "a" * 90 + ".png", "regions": 3, "censor": "mosaic", "seconds": 0.3, "error": "no " * 40}]
    phone.evaluate("async (rows) => (await import('./report.js')).tabulate(rows)", rows)
    expect(phone.locator("#report td").last).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_keyboard_paints_and_what_it_does_is_heard(page: Page, tmp_path: Path):
    opened(page, tmp_path)
    page.locator("#size").fill("10")
    page.focus("#mask")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#heard")).to_have_text("97 across, 150 down, brush lifted")
    page.keyboard.press("Space")
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#heard")).to_have_text("97 across, 120 down, painting")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowLeft")
    painted = mask_of(page)
    assert painted[118:152, 95:101].all()
    assert not painted[:110].any()
    assert not painted[:, 110:].any()
    page.keyboard.press("Control+z")
    assert not mask_of(page).any()
    page.keyboard.press("Control+Shift+Z")
    assert (mask_of(page) == painted).all()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert mask_of(page).sum() > painted.sum()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    assert (mask_of(page) == painted).all()


def test_the_wheel_zooms_at_the_cursor_and_with_shift_sizes_the_brush(page: Page, tmp_path: Path):
    opened(page, tmp_path)
    x, y = middle(page)
    page.mouse.move(x + 40, y + 30)
    place = "([x, y]) => { const r = stage.getBoundingClientRect(); return [(x-r.x)/r.width, (y-r.y)/r.height]; }"
    before = zoomed(page)
    page.click("#zoom-in", click_count=2)
    page.mouse.move(x + 40, y + 30)
    large, seen = zoomed(page), page.evaluate(place, [x + 40, y + 30])
    for _ in range(4):
        page.mouse.wheel(0, -100)
    until(page, lambda: zoomed(page) > 2 * large)
    now = page.evaluate(place, [x + 40, y + 30])
    assert abs(now[0] - seen[0]) < 0.01
    assert abs(now[1] - seen[1]) < 0.01
    size = int(page.locator("#size").input_value())
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Shift")
    until(page, lambda: int(page.locator("#size").input_value()) > size)
    page.mouse.move(x, y)
    page.keyboard.press("[")
    assert int(page.locator("#size").input_value()) <= size
    page.keyboard.press("0")
    assert zoomed(page) == before


def test_the_mask_is_seen_on_green_paint(page: Page, tmp_path: Path):
    green = np.zeros((*FORM, 3), np.uint8)
    green[..., 1] = 255
    page.set_input_files("#file", save(tmp_path / "green.png", green))
    expect(page.locator("#find")).to_be_enabled()
    x, y = middle(page)
    page.mouse.click(x, y)
    page.mouse.move(0, 0)
    shot = np.array(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    seen = shot[int(y), int(x)]
    assert seen[1] < 100, f"{seen} is still green"
    assert min(seen[0], seen[2]) > 130


def test_who_works_by_keys_goes_on_from_the_button_when_the_picture_is_restored(page: Page, tmp_path: Path):
    opened(page, tmp_path)
    page.focus("#mask")
    page.keyboard.press("Enter")
    page.focus("#run")
    page.keyboard.press("Enter")
    expect(page.locator("#slider")).to_be_visible()
    expect(page.locator("#run")).to_be_focused()
