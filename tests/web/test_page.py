"""The page in a real Chromium without a screen: a picture is opened, painted on, restored, compared and downloaded."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from playwright.sync_api import Page
playwright = pytest.importorskip("playwright.sync_api", reason="the extra [test] is not installed")

from tests.folder_pictures import BOX, LEVEL, load, noise, painted, save  # noqa: E402
from tests.web.serving import cat  # noqa: E402

pytestmark = pytest.mark.chromium
FORM = (80, 96)  # height, width of the picture that is painted on


def opened(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    playwright.expect(page.locator("#picture-name")).to_have_text(re.compile(re.escape(path.name)))
    playwright.expect(page.locator("#find")).to_be_enabled()


def drag(page: Page, *points: tuple[int, int]) -> None:
    """Draw a stroke through points (y, x) of the picture."""
    box = page.locator("#mask").bounding_box()
    assert box is not None
    for number, (y, x) in enumerate(points):
        page.mouse.move(box["x"] + (x + 0.5) * box["width"] / FORM[1], box["y"] + (y + 0.5) * box["height"] / FORM[0])
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def brush(page: Page, size: int) -> None:
    page.locator("#size").fill(str(size))


def restored(page: Page, tmp_path: Path) -> Path:
    """Press the button, wait, and download what came."""
    page.click("#run")
    playwright.expect(page.locator("#download")).to_be_visible()
    with page.expect_download() as download:
        page.click("#download")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_paint_run_compare_and_download(page: Page, tmp_path: Path):
    pixels = noise(*FORM)
    opened(page, save(tmp_path / "cat.bmp", pixels))
    playwright.expect(page.locator("#run")).to_be_disabled()
    brush(page, 11)
    drag(page, (20, 20), (20, 60))
    drag(page, (60, 20), (60, 60))
    page.click("#undo")
    page.click("#erase")
    drag(page, (20, 50), (20, 70))
    path = restored(page, tmp_path)
    assert path.name == "cat restored.bmp"
    assert Image.open(path).format == "BMP"
    changed = (load(path) != pixels).any(axis=2)
    assert changed[17:24, 20:43].all(), "what was painted is restored"
    assert (load(path)[changed] == LEVEL).all()
    assert not changed[:, 50:].any(), "what was erased is kept"
    assert not changed[40:].any(), "what was undone is kept"
    assert not changed[:14].any(), "the brush is as wide as it says"

    after, line = page.locator("#after"), page.locator("#line")
    playwright.expect(after).to_have_css("clip-path", "inset(0px 0px 0px 50%)")
    page.locator("#slider").fill("25")
    playwright.expect(after).to_have_css("clip-path", "inset(0px 0px 0px 25%)")
    playwright.expect(line).to_have_attribute("style", "left: 25%;")
    page.click("#view")
    playwright.expect(after).to_be_hidden()
    page.click("#clear")
    playwright.expect(page.locator("#run")).to_be_disabled()


def test_several_results_stand_beside_each_other(page: Page, tmp_path: Path):
    opened(page, save(tmp_path / "cat.png", noise(*FORM)))
    drag(page, (40, 40))
    page.select_option("select[name=variations]", "2")
    path = restored(page, tmp_path)
    assert path.name == "cat restored 1.png"
    results = page.locator("#results button")
    playwright.expect(results).to_have_count(2)
    results.nth(1).click()
    playwright.expect(results.nth(1)).to_have_attribute("aria-pressed", "true")
    playwright.expect(page.locator("#download")).to_have_text("Download cat restored 2.png")


def test_a_mask_is_saved_and_loaded_again(page: Page, tmp_path: Path):
    opened(page, save(tmp_path / "cat.png", noise(*FORM)))
    playwright.expect(page.locator("#save-mask")).to_be_disabled()
    brush(page, 11)
    drag(page, (40, 20), (40, 60))
    with page.expect_download() as download:
        page.click("#save-mask")
    assert download.value.suggested_filename == "cat_mask.png"
    download.value.save_as(tmp_path / "cat_mask.png")
    mask = load(tmp_path / "cat_mask.png")[..., 0]
    assert mask[37:44, 20:60].all()
    page.click("#clear")
    strokes = np.full((*FORM, 4), 255, np.uint8)  # white on a clear layer
    strokes[..., 3] = mask
    page.set_input_files("#mask-file", save(tmp_path / "strokes.png", strokes))
    playwright.expect(page.locator("#status")).to_contain_text("strokes.png is laid over the picture")
    changed = (load(restored(page, tmp_path)) != noise(*FORM)).any(axis=2)
    assert changed[37:44, 20:60].all()
    assert not changed[:30].any()
    page.click("#view")
    page.set_input_files("#mask-file", save(tmp_path / "small.png", strokes[:20]))
    playwright.expect(page.locator("#status.error")).to_contain_text("must have the size of its picture")


def test_a_mosaic_is_found_and_restored(page: Page, tmp_path: Path):
    opened(page, save(tmp_path / "cat.png", cat()))
    page.click("#find")
    playwright.expect(page.locator("#status")).to_contain_text("mosaic of 6 x 6 px cells")
    page.select_option("select[name=model]", "dark")
    path = restored(page, tmp_path)
    playwright.expect(page.locator("#status")).to_contain_text("Restored (mosaic, 1 region)")
    changed = (load(path) != cat()).any(axis=2)
    assert changed[70:90, 70:90].all(), "the middle of the mosaic"
    assert not changed[:, :30].any()
    assert not changed[:30].any()


def test_a_format_that_browsers_do_not_know_is_shown_and_kept(page: Page, tmp_path: Path):
    opened(page, save(tmp_path / "cat.tif", noise(*FORM)))
    drag(page, (40, 40))
    path = restored(page, tmp_path)
    assert Image.open(path).format == "TIFF"
    playwright.expect(page.locator("#after")).to_be_visible()


def test_a_turned_photograph_stands_upright_and_its_mask_fits(page: Page, tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    path = save(tmp_path / "cat.jpg", noise(FORM[1], FORM[0]), exif=exif, quality=95)
    opened(page, path)
    playwright.expect(page.locator("#picture-name")).to_have_text(f"cat.jpg, {FORM[1]} x {FORM[0]}")
    brush(page, 20)
    drag(page, (20, 70))
    done = ImageOps.exif_transpose(Image.open(restored(page, tmp_path)))
    assert done.size == (FORM[1], FORM[0])
    assert abs(np.array(done)[16:24, 66:74].astype(int) - LEVEL).mean() < 4, "painted where it is seen"


def test_a_picture_may_be_dropped(page: Page, tmp_path: Path):
    data = list(save(tmp_path / "cat.png", noise(*FORM)).read_bytes())
    made = """data => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(data)], "dropped.png", {type: "image/png"}));
        return transfer;
    }"""
    page.dispatch_event("#drop", "drop", {"dataTransfer": page.evaluate_handle(made, data)})
    playwright.expect(page.locator("#picture-name")).to_have_text(f"dropped.png, {FORM[1]} x {FORM[0]}")


def test_a_fault_is_told_on_the_page(page: Page, tmp_path: Path):
    (tmp_path / "cat.png").write_bytes(b"hello")
    page.set_input_files("#file", tmp_path / "cat.png")
    playwright.expect(page.locator("#status.error")).to_contain_text("cat.png is not a picture that can be read")


def test_many_pictures_come_back_as_a_zip_with_a_report(page: Page, tmp_path: Path):
    page.get_by_role("button", name="Many pictures").click()
    files = [save(tmp_path / f"{name}.png", painted(noise(), BOX)) for name in ("a", "b")]
    (tmp_path / "bad.png").write_bytes(b"hello")
    page.set_input_files("#files", [*files, tmp_path / "bad.png"])
    playwright.expect(page.locator("#chosen li")).to_have_count(3)
    path = restored(page, tmp_path)
    playwright.expect(page.locator("#status")).to_have_text("2 of 3 pictures restored.")
    playwright.expect(page.locator("#report tbody tr")).to_have_count(3)
    playwright.expect(page.locator("#report tr.bad")).to_contain_text("not a picture")
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 4
        assert len(json.loads(archive.read("report.json"))["pictures"]) == 3
