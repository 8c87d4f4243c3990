"""What axe-core says of a page: the rules of WCAG that a program can check, in the browser that shows it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

needs_axe = pytest.mark.skipif(
    importlib.util.find_spec("axe_playwright_python") is None,
    reason="no axe-core here: pip install axe-playwright-python",
)
GRAVE = {"serious", "critical"}


_WATCH = """() => {
  if (window.arrivals !== undefined) return;
  window.arrivals = 0;
  new MutationObserver(seen => seen.forEach(({ addedNodes }) =>
    addedNodes.forEach(one => { window.arrivals += one.nodeType === Node.ELEMENT_NODE; }),
  )).observe(document, { childList: true, subtree: true });
}"""


def _of_a_page_at_rest(page: Page, look: Callable[[Page], list[str]], *, looks: int = 10) -> list[str]:
    """The faults of a page nothing was added to meanwhile: what a late answer of the kernel brings is looked at again."""
    page.evaluate(_WATCH)
    faults: list[str] = []
    for _ in range(looks):
        before = page.evaluate("window.arrivals")
        faults = look(page)
        if not faults or page.evaluate("window.arrivals") == before:
            break
    return faults


def violations(page: Page) -> list[str]:
    """Each serious or critical violation with the part of the page it is about and what would mend it."""
    return _of_a_page_at_rest(page, _violations)


def _violations(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert found["testEngine"]["name"] == "axe-core" and found["url"] == page.url
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {node['html'][:160]}\n    {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


_STOP = """() => {
  const on = document.activeElement;
  if (!on || on === document.body) return null;
  if (!on.dataset.stop) on.dataset.stop = String(window.stops = (window.stops || 0) + 1);
  const look = getComputedStyle(on), place = on.getBoundingClientRect();
  const isSeen = place.width > 0 && place.bottom > 0 && place.top < innerHeight;
  return { n: on.dataset.stop, html: on.outerHTML.slice(0, 160), isSeen,
           isMarked: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1 };
}"""
_WANTED = """() => [...document.querySelectorAll("a[href], button, input:not([type=radio]), select, textarea, summary")]
  .filter(one => !one.disabled && one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0)
  .filter(one => !one.dataset.stop).map(one => one.outerHTML.slice(0, 160))"""


def keyboard_faults(page: Page) -> list[str]:
    """What somebody without a pointer meets: a control that Tab does not reach, or a focus that is not seen."""
    page.emulate_media(reduced_motion="reduce")  # a page that is still scrolling to its focus is not judged
    return _of_a_page_at_rest(page, _keyboard_faults)


def _keyboard_faults(page: Page, *, most: int = 300) -> list[str]:
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.querySelectorAll('[data-stop]').forEach(one => { delete one.dataset.stop; })")
    known: set[str] = set()
    faults, last = [], ""
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is not None and stop["n"] == last:
            continue  # the next part of the same control, such as the month of a date
        if stop is None or stop["n"] in known:
            break
        last = stop["n"]
        known.add(stop["n"])
        if not (stop["isSeen"] and stop["isMarked"]):
            faults.append(f"focus not seen: {stop['html']}")
    assert known
    return faults + [f"not reached by Tab: {one}" for one in page.evaluate(_WANTED)]
