"""Published pages in a real browser: they ask no other host, fit a narrow screen, and print."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with Chromium() as chromium:
        yield chromium


def pages(site):
    found = sorted(site.rglob("*.html"))
    assert len(found) >= 11
    return found


def test_no_request_leaves_the_file(site, browser):
    for page in pages(site):
        browser.open(page)
        outside = [url for url in browser.requests if not url.startswith(("file://", "data:"))]
        assert outside == [], page


@pytest.mark.parametrize("width", [320, 1280])
def test_pages_do_not_scroll_sideways(site, browser, width):
    for page in pages(site):
        browser.open(page, width=width)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, page


def test_simulated_data_are_marked_where_a_reader_sees_it_first(site, browser):
    for page in pages(site):
        if not page.parent.name.startswith("simulated"):
            continue
        browser.open(page)
        text = browser.evaluate("document.body.innerText").lower()
        assert "simulated" in text[:600], page


def test_every_image_has_a_text_and_loads(site, browser):
    for page in pages(site):
        browser.open(page)
        broken = browser.evaluate(
            "[...document.images].filter(i => !i.alt.trim() || !i.complete || i.naturalWidth === 0).length"
        )
        assert broken == 0, page


def test_pages_print_to_a4(site, browser, tmp_path):
    target = tmp_path / "summary.pdf"
    browser.open(site / "simulated-typical" / "09_summary.html")
    browser.pdf(target)
    content = target.read_bytes()
    assert content.startswith(b"%PDF")
    assert 1 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") + content.count(b"/Type/Page/") <= 8
