"""Lines and colours for networks that take them: in requests, and by two more brushes on the page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from inpaint.restoring.restorer import Restorer
from tests.drawing_network import Drawing
from tests.folder_pictures import noise, save
from tests.web.conftest import watched
from tests.web.serving import Slow, decoded, encoded, served

HEIGHT, WIDTH = 120, 160


@pytest.fixture(scope="module")
def drawing_address() -> Iterator[str]:
    taking = Restorer(Drawing(), shows={"hole": "grey"}, device="cpu")
    with served({"drawn": taking, "plain": Slow()}) as address:
        yield address


def test_a_request_may_hold_what_was_drawn(drawing_address: str):
    mask, lines = (np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(2))
    mask[20:60, 30:90], lines[40] = 255, 255
    colours = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    colours[50] = (200, 0, 0, 255)
    parts = {"image": noise(HEIGHT, WIDTH), "mask": mask, "sketch": lines, "colours": colours}
    files = {name: (f"{name}.png", encoded(pixels)) for name, pixels in parts.items()}
    answer = httpx.post(f"{drawing_address}/api/v1/inpaint", files=files, data={"model": "drawn", "grow": "0"})
    assert answer.status_code == 200, answer.text
    restored = decoded(answer.content)
    assert (restored[40, 30:90] == 255).all()
    assert (restored[50, 30:90] == (200, 128, 128)).all()
    assert np.array_equal(restored[:20], noise(HEIGHT, WIDTH)[:20])
    answer = httpx.post(f"{drawing_address}/api/v1/inpaint", files=files, data={"model": "plain", "grow": "0"})
    assert answer.status_code == 200
    assert "takes no sketch" in answer.headers["X-Note"].replace("%20", " ")
    models = httpx.get(f"{drawing_address}/api/v1/models").json()["models"]
    assert [it["takes"] for it in models] == [["sketch", "colour"], []]


def stroke(page: Any, x: float, y: float) -> None:
    """Paint a line through a point of the window."""
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.up()


SIZES = "['before', 'after'].map((id) => [document.getElementById(id).width, document.getElementById(id).height])"
FILES = """async () => {
    const { layerFile } = await import("./paint.js");
    const bytes = async (name) => Array.from(new Uint8Array(await (await layerFile(name)).arrayBuffer()));
    return [await bytes("mask"), await bytes("sketch"), await bytes("colour")];
}"""


@pytest.mark.chromium
def test_the_page_has_a_brush_for_each(browser: Any, drawing_address: str, tmp_path: Path):
    pytest.importorskip("playwright.sync_api", reason="the extra [test] is not installed")
    from playwright.sync_api import expect

    for page in watched(browser.new_context(viewport={"width": 1200, "height": 900}), drawing_address):
        page.set_input_files("#file", save(tmp_path / "cat.png", noise(HEIGHT, WIDTH)))
        expect(page.locator("#layers")).to_be_visible()
        box = page.locator("#mask").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        page.locator("#size").fill("30")
        stroke(page, x, y + 0)
        page.locator("#layer").select_option("sketch")
        stroke(page, x, y + 0)
        page.locator("#layer").select_option("colour")
        page.locator("#ink").fill("#3060c0")
        stroke(page, x, y + 10)
        expect(page.locator("#ink")).to_be_visible()
        page.click("#erase")
        stroke(page, x, y + 10)
        page.click("#undo")
        files = [np.array(Image.open(io.BytesIO(bytes(data))).convert("RGBA")) for data in page.evaluate(FILES)]
        mask, lines = (it[..., 0] > 127 for it in files[:2])
        assert mask.sum() > 5 * lines.sum() > 0
        assert mask[lines].all()
        assert (files[2][..., 3] > 127).any(), "erasing was undone"
        assert tuple(files[2][files[2][..., 3] == 255][0][:3]) == (0x30, 0x60, 0xC0)
        page.click("#run")
        expect(page.locator("#said")).to_contain_text("Restored", timeout=60_000)
        page.screenshot(path=tmp_path / "page.png")
        page.click("#view")
        page.click("#clear")
        page.locator("input[name=outpaint]").fill("16,0,8,0")
        page.click("#run")
        expect(page.locator("#said")).to_contain_text("made larger by 16 px left, 8 px top", timeout=60_000)
        sizes = page.evaluate(SIZES)
        assert sizes == [[WIDTH + 16, HEIGHT + 8]] * 2
        page.locator("select[name=model]").select_option("plain")
        expect(page.locator("#layers")).to_be_hidden()
