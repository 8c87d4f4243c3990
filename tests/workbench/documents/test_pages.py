"""The blocks, the report page and the index page: what they say, and what they must never do."""

from __future__ import annotations

import dataclasses
import html.parser
import itertools
import json
import re

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_samples import (
    HOSTILE,
    TITLES,
    code,
    display,
    failure,
    markdown,
    notebook,
    pictures,
    result,
    sections,
)

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import LANGS, in_language
from riskkit.workbench.document.block_kinds import (
    Badge,
    Details,
    Items,
    Paragraph,
    Table,
    block_from_json,
    to_json,
)
from riskkit.workbench.document.blocks import PICTURE_MIME, PLOTLY_MIME, SECTION_MIME, Picture, Section
from riskkit.workbench.document.html import plotly_asset, to_html
from riskkit.workbench.document.level_marks import ORDER, level_badge
from riskkit.workbench.document.reading import read_notebook, sections_from_markdown
from riskkit.workbench.document.rendering import ink, luminance
from riskkit.workbench.runs.index import Entry, FailedReport, index_html

SHARED = "../plotly.min.js"


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: elements, addresses, visible text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("script", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._inside.pop()

    def handle_data(self, data):
        (self.scripts if self._inside[-1:] == ["script"] else self.texts).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return "".join(self.texts)

    def headings(self):
        return [int(tag[1]) for tag, _ in self.elements if re.fullmatch(r"h[1-6]", tag)]


def page(lang="en", *more, **options):
    return Page(
        in_language(lang, to_html, notebook(lang, *more), title=TITLES[lang], plotly_js=SHARED, **options)
    )


# ---- blocks -------------------------------------------------------------------------------------

words = st.text(max_size=20)
badges = st.builds(
    Badge, words, words, st.text(min_size=1, max_size=9), st.just("◆"), st.from_regex(r"\A#[0-9a-f]{6}\Z")
)
leaves = st.one_of(
    st.builds(Paragraph, words, st.sampled_from(("body", "lead", "note", "caution", "source", "code"))),
    st.builds(Items, st.lists(words, max_size=3).map(tuple), st.booleans()),
    st.integers(1, 3).flatmap(
        lambda width: st.builds(
            Table,
            words,
            st.tuples(*[words] * width),
            st.lists(st.tuples(*[words | badges] * width), max_size=3).map(tuple),
            st.lists(st.integers(0, width - 1), unique=True, max_size=width).map(tuple),
        )
    ),
    badges,
)
blocks = st.recursive(
    leaves, lambda inner: st.builds(Details, words, st.lists(inner, max_size=2).map(tuple)), max_leaves=4
)


@given(blocks)
def test_a_block_survives_the_way_to_json_text_and_back(block):
    assert block_from_json(json.loads(json.dumps(to_json(block)))) == block


@pytest.mark.parametrize("lang", LANGS)
def test_sections_and_pictures_survive_a_notebook_file(lang):
    stored = nbformat.reads(json.dumps(notebook(lang) | {"nbformat_minor": 4}), as_version=4)
    reading = in_language(lang, read_notebook, stored)
    kept = {part.id: part for part in reading.parts}
    for section in sections(lang):
        assert kept[section.id] == section
    for picture in pictures(lang):
        assert kept[picture.id] == picture
    assert reading.result == result()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Table("t", ("a", "b"), (("1",),)), "2 cells"),
        (lambda: Table("t", ("a",), (), numeric=(1,)), "column position"),
        (lambda: Paragraph("x", "shout"), "one of"),
        (lambda: Badge("s", "c", "label", "◆", 'red" onload="x'), "#rrggbb"),
        (lambda: Badge("s", "c", "label", "", "#aabbcc"), "symbol"),
        (lambda: Section('x" onload="y', "t", 1, ()), "letters"),
        (lambda: Section("x", "t", 4, ()), "1, 2 or 3"),
        (lambda: Picture("x", "t", " ", Table("", (), ()), {}), "a sentence"),
        (lambda: Section.from_json({"id": "x", "title": "t", "blocks": [{"kind": "html"}]}), "html"),
        (lambda: Section.from_json({"title": "t"}), "a section as JSON"),
        (lambda: Picture.from_json({"id": "x", "table": {"kind": "paragraph"}}, figure={}), "as JSON"),
    ],
)
def test_a_block_that_could_not_be_shown_is_refused(make, what):
    with pytest.raises(InputFaults, match=re.escape(what)):
        make()


def test_lab_shows_a_section_as_escaped_html_and_a_picture_by_plotly():
    hostile = Section("h", HOSTILE, 1, (Paragraph(HOSTILE), Items((HOSTILE,)), Details(HOSTILE, ())))
    bundle = hostile._repr_mimebundle_()
    shown = Page(bundle["text/html"])
    assert not shown.all("script")
    assert not shown.all("img")
    assert shown.text.count(HOSTILE) == 4
    assert HOSTILE in bundle["text/plain"]
    assert set(bundle) == {SECTION_MIME, "text/html", "text/plain"}
    drawn = pictures("en")[0]._repr_mimebundle_()
    assert drawn["text/plain"] == pictures("en")[0].alt
    assert "figure" not in drawn[PICTURE_MIME]
    assert drawn[PLOTLY_MIME] == pictures("en")[0].figure


# ---- reading ------------------------------------------------------------------------------------


def test_markdown_is_read_as_blocks_and_raw_html_as_text():
    table = "| a | b |\n|---|--:|\n| x | 2 |"
    text = f"# Title\n\nlead\n\n## A\n\n{HOSTILE}\n\n1. one\n2. two\n\n{table}\n\n#### Deep\n\n> q"
    loose, first, deep = sections_from_markdown(text, prefix="c")
    assert (loose.title, loose.blocks) == ("", (Paragraph("lead"),))
    assert first.blocks[0] == Paragraph(HOSTILE)
    assert first.blocks[1:] == (
        Items(("one", "two"), ordered=True),
        Table("", ("a", "b"), (("x", "2"),), numeric=(1,)),
    )
    assert (deep.depth, deep.blocks[0].role) == (3, "note")


def test_a_markdown_picture_and_link_fetch_nothing():
    (part,) = sections_from_markdown("![alt](http://evil.test/x.png) [t](javascript:alert(1))", prefix="c")
    assert part.blocks == (Paragraph("alt t (javascript:alert(1))"),)
    assert not Page(part._repr_mimebundle_()["text/html"]).all("a")


def test_cells_of_the_other_language_and_of_the_open_notebook_are_left_out():
    cells = [
        markdown("## zh", tags=("lang-zh",)),
        markdown("## en", tags=("lang-en",)),
        markdown("## open", tags=("notebook-only",)),
        markdown("## both"),
    ]
    titles = [part.title for part in read_notebook({"cells": cells}).parts]
    assert titles == ["en", "both"]


def test_a_failure_is_read_whatever_the_tags_of_its_cell():
    reading = read_notebook({"cells": [code(failure(), tags=("notebook-only", "lang-zh"))]})
    told = [(each.cell, each.name, each.message) for each in reading.failures]
    assert told == [(1, "ValueError", "no such case")]
    assert "\x1b" not in reading.failures[0].traceback


def test_ids_are_made_unique_and_headings_never_skip_a_depth():
    one, deep = Section("a", "A", 1, ()), Section("a", "B", 3, ())
    parts = read_notebook({"cells": [code(display(deep), display(one), display(deep))]}).parts
    assert [(part.id, part.depth) for part in parts] == [("a", 1), ("a-2", 1), ("a-3", 2)]


def test_characters_no_page_can_hold_are_taken_out():
    section = Section("a", "A\x00\ud800\u202eB", 1, (Paragraph("x\x0by"),))
    (part,) = read_notebook({"cells": [code(display(section))]}).parts
    assert (part.title, part.blocks[0].text) == ("AB", "xy")


def test_foreign_html_script_and_image_outputs_never_become_markup():
    bundle = {
        "text/html": "<b>bold</b><script>x()</script>",
        "application/javascript": "x()",
        "image/svg+xml": "<svg onload='x()'/>",
        "text/plain": "<DataFrame>",
    }
    printed = {"output_type": "stream", "name": "stdout", "text": "<i>out</i>"}
    shown = page("en", code(display(bundle), printed))
    assert "<DataFrame>" in shown.text
    assert "<i>out</i>" in shown.text
    assert not shown.all("b")
    assert not shown.all("svg")
    assert "bold" not in shown.text


# ---- the report page ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_has_its_landmarks_and_its_order(lang):
    shown = page(lang)
    assert shown.all("html") == [{"lang": {"zh": "zh-CN", "en": "en"}[lang]}]
    for landmark in ("header", "nav", "main", "footer"):
        assert len(shown.all(landmark)) == 1, landmark
    assert shown.all("a")[0]["href"] == "#main"
    levels = shown.headings()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in shown.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    inner = [each["href"][1:] for each in shown.all("a") if each["href"].startswith("#")]
    assert set(inner) <= set(ids)
    assert {"summary", "basis", "scenarios", "provenance"} <= set(inner)


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_says_what_the_sections_say_and_hides_the_code(lang):
    shown = page(lang)
    for section in sections(lang):
        for block in section.blocks:
            if isinstance(block, Table):
                assert all(cell in shown.text for row in block.rows for cell in row if isinstance(cell, str))
            elif isinstance(block, Paragraph):
                assert block.text in shown.text
    assert "secret_source_of_a_cell" not in shown.text
    assert result()["inputs"]["case_sha256"] in shown.text
    assert {"zh": "非官方标准", "en": "not an official standard"}[lang] in shown.text


def test_every_figure_is_there_with_alternative_caption_and_numbers():
    shown = page("en")
    canvases = [each for each in shown.all("div") if each.get("class") == "plot-canvas"]
    assert [each["aria-label"] for each in canvases] == [picture.alt for picture in pictures("en")]
    assert all(each["role"] == "img" for each in canvases)
    data = [json.loads(text) for text in shown.scripts if text.startswith('{"data"')]
    assert [each["data"] for each in data] == [picture.figure["data"] for picture in pictures("en")]
    assert len(shown.all("figcaption")) == 2
    for picture in pictures("en"):
        assert all(cell in shown.text for row in picture.table.rows for cell in row)


def test_a_plotly_figure_of_its_own_is_drawn_and_said_to_lack_a_text_alternative():
    figure = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"title": {"text": "Bare"}}}
    shown = page("en", code(display({PLOTLY_MIME: figure, "text/html": "<div>…</div>"})))
    assert len([each for each in shown.all("div") if each.get("class") == "plot-canvas"]) == 3
    assert "Bare" in shown.text
    assert "no text alternative" in shown.text


def test_tables_have_captions_and_scopes():
    shown = page("en")
    assert len(shown.all("caption")) == len(shown.all("table"))
    assert {each["scope"] for each in shown.all("th")} == {"col", "row"}


def test_a_failure_is_shown_twice_and_a_warning_only_as_a_note():
    text = to_html(notebook("en", code(failure("<b>bad</b>"))), title="T", plotly_js=SHARED)
    shown = Page(text)
    assert "This report is not complete" in shown.text
    assert "<b>bad</b>" in shown.text
    assert not shown.all("b")
    assert any(each.get("role") == "alert" for each in shown.all("div"))
    footer = text.index("<footer")
    assert text.index("kernel spoke over TCP") > footer
    assert "This report is not complete" not in page("en").text


def test_hostile_texts_are_text_everywhere():
    table = Table(HOSTILE, (HOSTILE, "b"), ((HOSTILE, HOSTILE),))
    hostile = Section("h", HOSTILE, 1, (table, Paragraph(HOSTILE)))
    picture = dataclasses.replace(
        pictures("en")[0], title=HOSTILE, alt=HOSTILE, figure={"data": [{"name": "</script><script>x()"}]}
    )
    cells = {"cells": [code(display(hostile), display(picture), failure(HOSTILE))]}
    shown = Page(to_html(cells, title=HOSTILE, plotly_js=SHARED))
    assert not shown.all("img")
    kinds = [attributes.get("type", attributes.get("src", "own")) for attributes in shown.all("script")]
    assert kinds == ["application/json", "own", SHARED, "own"]
    assert shown.text.count(HOSTILE) >= 9
    assert not [name for _, attributes in shown.elements for name in attributes if name.startswith("on")]


def test_the_page_asks_no_host_and_allows_only_its_own_scripts():
    text = to_html(notebook("en"), title="T", plotly_js="embedded")
    shown = Page(text)
    assert not [each for each in shown.all("script") if "src" in each]
    assert [each["href"] for each in shown.all("link")] == ["data:,"]
    policy = next(each["content"] for each in shown.all("meta") if "http-equiv" in each)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert policy.count("'sha256-") == 3
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("address", ["https://cdn.test/p.js", "//cdn.test/p.js", "/etc/p.js", "javascript:x"])
def test_the_drawing_library_may_not_come_from_elsewhere(address):
    with pytest.raises(InputFaults, match="a relative address"):
        to_html(notebook("en"), title="T", plotly_js=address)


def test_the_shared_library_is_the_one_plotly_brings():
    name, content = plotly_asset()
    assert re.fullmatch(r"plotly-\d+\.\d+\.\d+\.min\.js", name)
    assert b"</script" not in content


# ---- index --------------------------------------------------------------------------------------


def entry(case_id, level, *, title=None, **case):
    record = result(title or {"zh": f"案例 {case_id}", "en": f"Case {case_id}"}, case_id=case_id, level=level)
    record["case"].update(case)
    record["warning"].update(lo=level, hi=level)
    reports = {"zh": f"zh/{case_id}/r.html", "en": f"en/{case_id}/r.html"}
    return Entry(record, reports, f"zh/{case_id}/result.json")


ENTRIES = [
    entry("b", "Ⅳ"),
    entry("c", None),
    entry("a", "Ⅰ", title={"zh": HOSTILE, "en": HOSTILE}),
    entry("d", "Ⅲ", hazard_classes=["chemical", "unheard_of"], origin=["VN", "ZZ"]),
]


@pytest.mark.parametrize("lang", LANGS)
def test_the_index_lists_cases_by_urgency_with_symbol_and_word(lang):
    shown = Page(in_language(lang, index_html, ENTRIES))
    cards = [each for each in shown.all("li") if each.get("class") == "card"]
    assert [each["data-level"] for each in cards] == ["Ⅰ", "Ⅲ", "Ⅳ", "none"]
    for card in cards:
        badge = in_language(lang, level_badge, card["data-level"])
        assert badge.label in shown.text
        assert badge.symbol in shown.text
    assert HOSTILE in shown.text
    assert not shown.all("img")
    assert {"zh/a/r.html", "en/a/r.html", "zh/a/result.json"} <= {each["href"] for each in shown.all("a")}
    assert result()["robustness"][lang] in shown.text
    assert "unheard_of" in shown.text
    assert {"zh": "越南", "en": "Vietnam"}[lang] in shown.text


def test_food_is_routed_out_on_the_index_whatever_else_its_record_says():
    record = result(case_id="milk", level="Ⅰ") | {"route": "food_accident_plan"}
    shown = Page(in_language("zh", index_html, [Entry(record, {"zh": "m.html"})]))
    assert "转食品安全事故应急预案" in shown.text
    assert [each["data-level"] for each in shown.all("li") if "data-level" in each] == ["food"]


def test_a_case_with_missing_facts_stands_with_the_most_urgent_level_it_may_have():
    record = result(case_id="open", level=None)
    record["warning"] |= {"lo": "Ⅳ", "hi": "Ⅱ"}
    shown = Page(index_html([*ENTRIES, Entry(record, {"en": "o.html"})]))
    cards = [each["id"] for each in shown.all("li") if each.get("class") == "card"]
    assert cards == ["case-a", "case-open", "case-d", "case-b", "case-c"]
    assert "Between Ⅳ and Ⅱ (facts missing)" in shown.text


def test_counts_have_a_text_alternative_that_adds_up():
    shown = Page(index_html(ENTRIES))
    (picture,) = shown.all("svg")
    counts = [int(number) for number in re.findall(r": (\d+)(?:,|\.)", picture["aria-label"])]
    assert picture["role"] == "img"
    assert sum(counts) == len(ENTRIES)
    assert len(counts) == 5


def test_failed_reports_are_listed_with_cell_and_reason():
    failed = [
        FailedReport("x", "assess_case", 7, HOSTILE),
        FailedReport("y", "assess_case", None, "time limit"),
    ]
    shown = Page(index_html([], failed=failed))
    for word in ("x", "assess_case", "7", HOSTILE, "time limit", "Reports that failed (2)"):
        assert word in shown.text
    assert not shown.all("script")


@pytest.mark.parametrize(
    "address", ["https://evil.test/", "javascript:alert(1)", "/etc/passwd", "\\\\host\\x"]
)
def test_the_index_links_only_to_what_lies_beside_it(address):
    with pytest.raises(InputFaults, match="a relative address"):
        in_language("zh", index_html, [Entry(result(), {"zh": address})])
    with pytest.raises(InputFaults, match="a relative address"):
        in_language("zh", index_html, [], other_language=address)


def test_the_index_switches_language_by_a_link_to_its_twin():
    shown = Page(in_language("zh", index_html, ENTRIES, other_language="index.en.html"))
    (link,) = [each for each in shown.all("a") if each.get("class") == "switch"]
    assert (link["href"], link["hreflang"], link["lang"]) == ("index.en.html", "en", "en")


# ---- words and colours --------------------------------------------------------------------------


def test_writing_on_every_level_colour_is_readable():
    for code_ in ORDER:
        ground = luminance(level_badge(code_).colour)
        letters = luminance(ink(level_badge(code_).colour))
        contrast = (max(ground, letters) + 0.05) / (min(ground, letters) + 0.05)
        assert contrast >= 4.5, code_
