"""An executed notebook as one HTML page that needs no network.

The outputs are walked directly (`reading`) instead of going through nbconvert's exporter: that one drops
plotly figures in their usual MIME form and passes HTML outputs through unescaped, so a page safe to hand on
would have meant switching off most of it. Here only our own kinds of output become markup, all of it from
templates that escape every text. A Content-Security-Policy in the page lets run only the scripts named in it,
by their hash, and lets nothing be fetched from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import plotly
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.level_marks import result_badge, result_badge_note
from riskkit.workbench.document.numbering import Numbers
from riskkit.workbench.document.reading import Failure, Part, Reading, read_notebook
from riskkit.workbench.document.rendering import asset, environment

HTML_LANG = {"zh": "zh-CN", "en": "en"}


def to_html(notebook: Mapping[str, Any], *, title: str, plotly_js: str = "embedded") -> str:
    """The report page of an executed notebook."""
    reading = read_notebook(notebook)
    scripts = _scripts(reading, plotly_js)
    return page_html(
        "page.html.j2",
        scripts=scripts,
        title=title,
        parts=[view(part, numbers) for numbers in [Numbers()] for part in reading.parts],
        reading=reading,
        badges=head_badges(reading.result),
        badge_note=result_badge_note(reading.result or {}),
        provenance=provenance(reading.result),
    )


def read_once() -> None:
    """Read what every page is made with, before the first one is made."""
    environment().get_template("page.html.j2")
    _library()


def page_html(template: str, *, scripts: list[str | Markup], **values: Any) -> str:
    """Fill a page template; its inline scripts are named in the page's security policy by hash."""
    hashes = [_digest(script) for script in scripts if isinstance(script, Markup)]
    shared = ["'self'", "file:"] if len(hashes) < len(scripts) else []
    allowed = " ".join([*hashes, *shared]) or "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src 'none'; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    return (
        environment()
        .get_template(template)
        .render(
            lang=language(),
            html_lang=HTML_LANG[language()],
            policy=policy,
            scripts=[{"inline": isinstance(script, Markup), "text": script} for script in scripts],
            css=asset("blocks.css") + asset("page.css"),
            **values,
        )
    )


def plotly_asset() -> tuple[str, bytes]:
    """File name and content of the drawing library that pages can share."""
    return f"plotly-{plotly.__version__}.min.js", _library().encode()


def view(part: Part, numbers: Numbers) -> dict[str, Any]:
    """What a template needs to show a part: its kind, number, content."""
    match part:
        case Section():
            number = numbers.part(part.depth) if part.title else ""
            return {"kind": "section", "number": number, "section": part, "numbers": numbers}
        case Picture():
            figure = {"data": part.figure.get("data", []), "layout": _untitled(part.figure.get("layout", {}))}
            return {"kind": "picture", "label": numbers.figure(), "picture": part, "figure": figure}
        case Failure():
            return {"kind": "failure", "failure": part}


def head_badges(result: Mapping[str, Any] | None) -> list[Any]:
    """The badge of the warning level that stands under the title; none where no level was asked for."""
    return [] if result is None or "warning" not in result else [result_badge(result)]


def provenance(result: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Where the numbers come from: pairs of label and value, from the result record."""
    record = result or {}
    case, profile, inputs = (record.get(key) or {} for key in ("case", "profile", "inputs"))
    status = profile.get("status")
    rows = [
        ("prov_case", case.get("id")),
        ("prov_assessed_on", case.get("assessed_on")),
        ("prov_profile", profile.get("id")),
        ("prov_version", inputs.get("riskkit")),
        ("prov_draws", inputs.get("draws")),
        ("prov_seed", inputs.get("seed")),
        ("prov_sha", inputs.get("case_sha256")),
    ]
    told = [(page_text(key), str(value)) for key, value in rows if value is not None]
    if status is None:
        return told
    label = page_text("prov_profile")
    words = _status_words(str(status))
    return [(name, f"{value}{words}" if name == label else value) for name, value in told]


def _status_words(status: str) -> str:
    key = f"prov_profile_{status}"
    words = page_text(key) if status in ("house", "published", "user") else status
    return f"（{words}）" if language() == "zh" else f" ({words})"


def _scripts(reading: Reading, plotly_js: str) -> list[str | Markup]:
    own = asset("page.js")
    if not any(isinstance(part, Picture) for part in reading.parts):
        return [own]
    if plotly_js == "embedded":
        return [asset("before_plotly.js"), Markup(_library()), own]  # noqa: S704 - plotly.js itself
    foreign = ":" in plotly_js or plotly_js.startswith(("/", "\\"))
    refuse("page", [Fault("plotly_js", shown(plotly_js), "a relative address")] if foreign else [])
    return [asset("before_plotly.js"), plotly_js, own]


def _untitled(layout: Mapping[str, Any]) -> dict[str, Any]:
    """The caption under the figure carries the title; the figure itself need not repeat it."""
    return {key: value for key, value in layout.items() if key not in ("title", "width", "autosize")}


@cache
def _library() -> str:
    """plotly.js, with every character sequence that could end a script element taken apart."""
    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
