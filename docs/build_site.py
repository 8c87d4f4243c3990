"""Write the site in both languages: the pages of docs/, the README, and the reference of the library.

The reports of ``riskkit demo`` are its gallery. Nothing is fetched: a network is not needed.
"""

from __future__ import annotations

import ast
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import yaml

ROOT = Path(__file__).resolve().parent.parent
STREAMS = ("monitoring", "assessment", "warning", "case", "response", "application", "foundation", "words")
LINK = re.compile(r"(!?)\[((?:[^\]\n]|\n(?!\n))*)\]\(([^)\s]+)\)")  # its label may go on in the next line
OTHER_LANGUAGE = re.compile(r"^\[(中文|English)\]\(\S+\)$\n", re.MULTILINE)  # the site has a switch for it
GALLERY = {
    "en": "# Gallery\n\nEvery shipped case and every report notebook, executed.\n\n"
    '<a class="md-button" href="gallery/index.html">Open the gallery</a>\n\n'
    "![The list of reports](img/index-en.png)\n",
    "zh": "# 报告示例\n\n全部随附案例和全部报告笔记本的执行结果。\n\n"
    '<a class="md-button" href="../gallery/index.zh.html">打开报告示例</a>\n\n'
    "![报告清单](img/index-zh.png)\n",
}
# section → its pages; each page's title is its first heading
PAGES = {
    ("Guide", "使用指南"): (
        "first_brief",
        "committee_day",
        "warning_steps",
        "recipes",
        "many_products",
        "warning_lives",
        "serving",
        "clusters",
        "reader_test",
    ),
    ("Methods", "方法"): ("methods", "reference", "methods_compared", "profiles_compared",
                         "levels_and_outcomes", "signals", "detectors", "recall_forecast",
                         "validation", "speed"),
    ("Policy map", "政策对照"): ("policy_map",),
    ("Gallery", "报告示例"): ("gallery",),
}  # fmt: skip


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=ROOT / "site", help="Where the site is written."
)
@click.option("--gallery/--no-gallery", default=True, help="Execute the notebooks for the gallery as well.")
def main(out: Path, *, gallery: bool) -> None:
    """Write the site in English to OUT and in Chinese to OUT/zh."""
    for lang, target in (("en", out), ("zh", out / "zh")):
        write_site(target, lang=lang)
    if gallery:
        subprocess.run(
            [Path(sys.executable).with_name("riskkit"), "demo", "--lang", "en", "--out", out / "gallery"],
            check=True,
        )
    click.echo(
        f"{out / 'index.html'}; with its search: python -m http.server --bind 127.0.0.1 --directory {out}"
    )


def write_site(out: Path, *, lang: str) -> None:
    """One language of the site; a link that leads nowhere is an error."""
    staged = ROOT / "build" / f"site_{lang}"
    shutil.rmtree(staged, ignore_errors=True)
    for name, text in pages(lang).items():
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text(text, "utf-8")
    shutil.copytree(ROOT / "docs" / "img", staged / "img")
    settings = staged.with_suffix(".yml")
    text = yaml.safe_dump(config(staged, lang=lang), allow_unicode=True)
    slugs = "!!python/name:markdown.extensions.toc.slugify_unicode"  # Chinese anchors, as GitHub gives
    settings.write_text(text.replace("slugify: UNICODE", f"slugify: {slugs}"), "utf-8")
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-f", settings, "-d", out.resolve()],
                   check=True, env={"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "PATH": ""})  # fmt: skip


def config(staged: Path, *, lang: str) -> dict[str, Any]:
    """What differs between the languages: words of the theme, navigation, and the link to the other one."""
    at = ("en", "zh").index(lang)
    nav: list[Any] = [{("Home", "首页")[at]: "index.md"}]
    nav += [{title[at]: [f"{name}.md" for name in names]} for title, names in PAGES.items()]
    streams = [
        {stream: [page_of(folder) for folder in folders() if folder.parts[1] == stream]} for stream in STREAMS
    ]
    nav.append({("Library", "函数库")[at]: ["library/index.md", *streams]})
    own = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    own["theme"]["language"] = lang
    own["plugins"][-1]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT)]
    other = {"en": "zh/index.html", "zh": "../index.html"}[lang]
    names = [("en", "English"), ("zh", "中文")]
    alternate = [
        {"name": name, "lang": code, "link": "index.html" if code == lang else other} for code, name in names
    ]
    return own | {"docs_dir": str(staged), "nav": nav, "extra": {"alternate": alternate}}


def pages(lang: str) -> Mapping[str, str]:
    """Every page of one language, its links leading to pages of the site or gone."""
    ending, readme = {"en": (".md", "README.md"), "zh": (".zh.md", "README.zh.md")}[lang]
    names = [name for group in PAGES.values() for name in group if name != "gallery"]
    sources = {f"docs/{name}{ending}": f"{name}.md" for name in names} | {readme: "index.md"}
    texts = {page: _linked((ROOT / source).read_text("utf-8"), source, sources=sources)
             for source, page in sources.items()}  # fmt: skip
    texts |= {"gallery.md": GALLERY[lang], "library/index.md": public_names()}
    return texts | {page_of(folder): _reference(folder) for folder in folders()}


def _linked(text: str, source: str, *, sources: Mapping[str, str]) -> str:
    """A link to a file that the site does not hold stays as words."""

    def on_site(match: re.Match[str]) -> str:
        mark, label, target = match.groups()
        parts = urlsplit(target)
        if parts.scheme or not parts.path:
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
        page = path.removeprefix("docs/") if mark else sources.get(path)
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        return f"{mark}[{label}]({page}{anchor})" if page else label

    return LINK.sub(on_site, OTHER_LANGUAGE.sub("", text))


def folders() -> Iterator[Path]:
    """Folders of the library that hold modules with something public, as paths below ROOT."""
    for stream in STREAMS:
        root = ROOT / "riskkit" / stream
        for folder in sorted({file.parent for file in root.rglob("*.py")}):
            if any(_modules(folder)):
                yield folder.relative_to(ROOT)


def _modules(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("[!_]*.py")):
        body = ast.parse(file.read_text("utf-8")).body
        if any(
            isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_") for one in body
        ):
            yield ".".join(file.relative_to(ROOT).with_suffix("").parts)


def page_of(folder: Path) -> str:
    """The page of a folder of the library."""
    return f"library/{'.'.join(folder.parts[1:])}.md"


def _reference(folder: Path) -> str:
    return (
        f"# {'.'.join(folder.parts)}\n\n"
        + "\n\n".join(f"::: {one}" for one in _modules(ROOT / folder))
        + "\n"
    )


def public_names() -> str:
    """The names that `import riskkit` gives, each leading to where it is defined."""
    lines = ["# riskkit", "", "`import riskkit` gives these names; each is loaded when it is first used.", ""]
    lines += ["| name | defined in |", "|---|---|"]
    elsewhere = []
    for line in ast.parse((ROOT / "riskkit" / "__init__.pyi").read_text("utf-8")).body:
        if isinstance(line, ast.ImportFrom):
            for alias in line.names:
                place = f"{line.module}.{alias.name}"
                path = ROOT / place.replace(".", "/")
                link = (
                    f"({page_of(path.relative_to(ROOT)).removeprefix('library/')})"
                    if path.is_dir()
                    else f"[{place}]"
                )
                home = place if path.is_dir() or path.with_suffix(".py").is_file() else str(line.module)
                lines.append(f"| [`riskkit.{alias.name}`]{link} | `{home}` |")
                elsewhere += [] if home.split(".")[1] in STREAMS else [f"::: {place}"]
    return "\n\n".join(["\n".join(lines), *elsewhere]) + "\n"


if __name__ == "__main__":
    main()
