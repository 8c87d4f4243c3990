"""The site holds every page of docs/ in both languages, and every public name; its links lead to pages or are gone."""

from __future__ import annotations

import importlib.util
import posixpath
import re
from pathlib import Path
from types import ModuleType

import markdown
import pytest
from shared import ROOT

import riskkit


def loaded(name: str) -> ModuleType:
    """A program of docs/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site() -> ModuleType:
    return loaded("build_site")


@pytest.fixture(scope="module", params=["en", "zh"])
def pages(site: ModuleType, request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(site.pages(request.param))


def test_every_page_of_docs_is_on_the_site(pages: dict[str, str]) -> None:
    written = {path.name for path in (ROOT / "docs").glob("*.md") if not path.name.endswith(".zh.md")}
    assert {name for name in pages if "/" not in name} == {*written, "index.md", "gallery.md"}


def test_links_lead_to_pages_of_the_site(pages: dict[str, str]) -> None:
    n_links = 0
    for name, text in pages.items():
        for tag, target in re.findall(r'<(a|img)\b[^>]*?(?:href|src)="([^"]+)"', markdown.markdown(text)):
            path = target.partition("#")[0]
            if not path or re.match(r"\w+:|(\.\./)?gallery/", target):  # the demo's pages are put there
                continue
            n_links += 1
            page = posixpath.join(posixpath.dirname(name), path)
            assert (ROOT / "docs" / path).is_file() if tag == "img" else page in pages, f"{name}: {target}"
    assert n_links > 10


def test_the_navigation_names_every_page_once(
    site: ModuleType, tmp_path: Path, pages: dict[str, str]
) -> None:
    def leaves(part: object) -> list[str]:
        if isinstance(part, str):
            return [part]
        return [leaf for one in (part.values() if isinstance(part, dict) else part) for leaf in leaves(one)]

    named = leaves(site.config(tmp_path, lang="en")["nav"])
    assert sorted(named) == sorted(pages)


def test_every_public_name_leads_to_its_reference(site: ModuleType, pages: dict[str, str]) -> None:
    shown = {
        line.removeprefix("::: ")
        for text in pages.values()
        for line in text.splitlines()
        if line[:4] == "::: "
    }
    rows = re.findall(
        r"\| \[`riskkit\.(\w+)`\][\[(]([\w.]+)[\])] \| `([\w.]+)` \|", pages["library/index.md"]
    )
    assert {name for name, _, _ in rows} == set(riskkit.__all__) - {"__version__"}
    strays = [name for name, to, home in rows if not ({to, home} & shown or f"library/{to}" in pages)]
    assert strays == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_readers_test_has_the_sentences_of_the_present_reports(lang: str) -> None:
    readers = loaded("reader_sentences")
    kept = (ROOT / "docs" / f"reader_test{'.zh' if lang == 'zh' else ''}.md").read_text("utf-8")
    assert kept == readers.page(lang), "write it anew: python docs/reader_sentences.py"
    parts = kept.split("\n## ")[1:]
    assert len(parts) >= 30 and all("\n1. " in part for part in parts)
    assert sum("\n10. " in part for part in parts) >= 10
