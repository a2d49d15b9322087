"""Chromium without a screen, and the page in it, for the tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.serving import Slow, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with served({"grey": Slow(), "dark": Slow()}) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra [test] is not installed")
    if CHROMIUM is None:
        pytest.skip(f"there is no Chromium: none of {', '.join(NAMES)}")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def watched(context: Any, address: str) -> Iterator[Page]:
    """The opened page; it must ask for nothing elsewhere and raise no error."""
    from playwright.sync_api import expect

    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    expect(page.locator("select[name=model] option")).to_have_count(2)
    yield page
    context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    yield from watched(browser.new_context(viewport={"width": 1200, "height": 900}), address)


@pytest.fixture
def phone(browser: Any, address: str) -> Iterator[Page]:
    """The page on a phone."""
    size = {"width": 390, "height": 844}
    yield from watched(browser.new_context(viewport=size, has_touch=True, is_mobile=True), address)
