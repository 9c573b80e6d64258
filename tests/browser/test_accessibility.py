"""Published pages are judged by axe-core in each mode of colour, at three sizes; they ask nobody for anything."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Chromium

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
MODES = {
    "light": {"prefers-color-scheme": "light", "forced-colors": "none"},
    "dark": {"prefers-color-scheme": "dark", "forced-colors": "none"},
    "forced": {"prefers-color-scheme": "light", "forced-colors": "active"},
}
#: Width in CSS pixels and dots to each: a desk, a phone, and that desk at 200% zoom.
SIZES = ((1280, 1), (320, 1), (640, 2))
#: Colours do not depend on the size, so light is judged at every one and the others at a desk; all nine when asked.
ALL = bool(os.environ.get("WLZ_ALL_AXE"))
#: A picture behind the text keeps axe from judging contrast: the shade at a scrolling table's edge is taken away.
PLAIN = "document.head.insertAdjacentHTML('beforeend', '<style>.wlz-scroll{background-image:none!important}</style>')"
#: What axe cannot judge counts as a fault too: else a page could pass by being hard to read for a machine.
RUN = """axe.run(document, {resultTypes: ['violations', 'incomplete'], rules: {'color-contrast': {enabled: %s}}}).then(
  found => JSON.stringify(Object.fromEntries(['violations', 'incomplete'].map(kind => [kind, found[kind].map(
    rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 160)).slice(0, 3)])]))))"""


@pytest.fixture(scope="module")
def browser():
    with Chromium() as chromium:
        yield chromium


def judged(browser, forced):
    # With forced colours the browser paints over the page's own, so contrast is the system's business.
    script = RUN % str(not forced).lower()
    text = browser.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
    return json.loads(text["result"]["value"])


def faults(browser, page):
    """Every fault of a page by mode and size."""
    browser.open(page)
    browser.evaluate(AXE + ";0")
    browser.evaluate(PLAIN + ";0")
    found = {}
    for mode, features in MODES.items():
        media = [{"name": name, "value": value} for name, value in features.items()]
        browser.call("Emulation.setEmulatedMedia", features=media)
        for width, dots in SIZES if ALL or mode == "light" else SIZES[:1]:
            browser.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=dots, mobile=False
            )
            result = judged(browser, mode == "forced")
            if width < max(SIZES)[0]:
                # A caption that runs out of a scrolling table has no one shade behind it; the desk shows it whole.
                result["incomplete"] = []
            if any(result.values()):
                found[f"{mode}, {width} px"] = result
    browser.call("Emulation.setEmulatedMedia", features=[])
    return found


def test_axe_finds_nothing_on_any_page(site, browser):
    found = {page.name: faults(browser, page) for page in sorted(site.rglob("*.html"))}
    assert len(found) >= 11
    assert {name: what for name, what in found.items() if what} == {}


def test_axe_would_find_something(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><html><title>x</title><body><main><h1>x</h1><p style='color:#ccc'>pale</p>"
                    "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></main></body></html>", encoding="utf-8")
    rules = {rule for result in faults(browser, page).values() for rule, _ in result["violations"]}
    assert {"image-alt", "html-has-lang", "color-contrast"} <= rules


def test_the_policy_of_a_page_stops_what_it_does_not_hold_itself(site, browser):
    page = next(site.rglob("04_attribution.html"))
    browser.open(page)
    browser.requests.clear()
    browser.evaluate("""document.body.insertAdjacentHTML('beforeend',
      '<img id="probe" src="http://127.0.0.1:9/x.png"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'); 0""")
    stopped = browser.call(
        "Runtime.evaluate", awaitPromise=True, returnByValue=True,
        expression="""new Promise(done => { const seen = [];
          document.addEventListener('securitypolicyviolation', event => { seen.push(event.effectiveDirective); });
          const script = document.createElement('script'); script.textContent = 'window.ran = true';
          document.body.append(script); fetch('http://127.0.0.1:9/').catch(() => 0);
          setTimeout(() => done(JSON.stringify([seen.sort(), window.ran === true])), 300); })""",
    )["result"]["value"]
    directives, ran = json.loads(stopped)
    assert not ran
    assert {"connect-src", "script-src-elem"} <= set(directives)
    assert [url for url in browser.requests if url.startswith("http")] == []
    assert browser.evaluate("document.getElementById('probe').naturalWidth") == 0


def test_a_word_opens_its_meaning_by_keyboard_and_closes_again(site, browser):
    browser.open(next(site.rglob("04_attribution.html")))
    browser.evaluate("document.querySelector('.term').focus(); 0")
    shown = "document.querySelector('.meaning').matches(':popover-open')"
    assert not browser.evaluate(shown)
    for key, code in (("Enter", 13), ("Escape", 27)):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                         **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))
        assert browser.evaluate(shown) is (key == "Enter"), key
    assert browser.evaluate("document.activeElement === document.querySelector('.term')")


def test_pages_are_small(site):
    large = [page.name for page in site.rglob("*.html") if page.stat().st_size > 1_500_000]
    assert large == []
