"""One list of dependencies, and what repeats a part of it agrees with it. Works without a network."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from shared import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


LOCKED_EXTRAS = ("dev", "spark", "dask", "bench")  # the Makefile installs them all by their hashes


def wanted(project: dict[str, Any]) -> dict[str, Requirement]:
    """What pyproject.toml asks for, with the extras that the Makefile installs."""
    extras = project["project"].get("optional-dependencies", {})
    texts = [
        *project["project"]["dependencies"],
        *(t for name in LOCKED_EXTRAS for t in extras.get(name, [])),
    ]
    return {canonicalize_name(Requirement(text).name): Requirement(text) for text in texts}


def lock_faults(lock: str, project: dict[str, Any]) -> list[str]:
    """Where the lock no longer follows from pyproject.toml (what uv would add is not seen from here)."""
    said = "\n".join(line for line in lock.splitlines() if not line.startswith("#"))
    entries = re.split(r"^(?=[A-Za-z0-9])", said, flags=re.MULTILINE)[1:]
    pinned: dict[str, list[str]] = {}
    direct, faults = set(), []
    for entry in entries:
        head = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^ ;\\]+)", entry)
        if head is None:
            faults.append(f"not a pin: {entry.splitlines()[0]}")
            continue
        name = canonicalize_name(head[1])
        pinned.setdefault(name, []).append(head[2])
        if "--hash=sha256:" not in entry:
            faults.append(f"no hash: {name}")
        if re.search(r"#\s+(?:via )?riskkit \(pyproject.toml\)", entry):
            direct.add(name)
    asked = wanted(project)
    faults += [f"not locked: {name}" for name in sorted(asked.keys() - pinned.keys())]
    faults += [f"locked for pyproject.toml, not asked for: {name}" for name in sorted(direct - asked.keys())]
    for name, requirement in asked.items():
        bad = [
            v
            for v in pinned.get(name, [])
            if not requirement.specifier.contains(Version(v), prereleases=True)
        ]
        faults += [f"{name}=={version} is not {requirement.specifier}" for version in bad]
    return faults


def test_the_lock_follows_from_pyproject() -> None:
    assert lock_faults(LOCK, PROJECT) == []


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("", "not locked: papermill"),
        ("papermill>=2 \\\n    --hash=sha256:0\n", "not a pin"),
        ("papermill==2.7.0\n", "no hash"),
        ("papermill==2.0.0 \\\n    --hash=sha256:0\n", "is not <3,>=2.7"),
        ("x==1 \\\n    --hash=sha256:0\n    # via riskkit (pyproject.toml)\n", "not asked for: x"),
        (
            "x==1 \\\n    --hash=sha256:0\n    # via\n    #   riskkit (pyproject.toml)\n    #   y\n",
            "not asked for: x",
        ),
    ],
)
def test_a_lock_that_lags_behind_is_found(lock: str, said: str) -> None:
    project = {"project": {"dependencies": ["papermill>=2.7,<3"]}}
    assert any(said in fault for fault in lock_faults(lock, project))


def test_the_lock_holds_no_address_of_a_registry() -> None:
    assert not re.findall(r"https?://|file://|--index-url|--find-links|--extra-index", LOCK)


def test_the_lock_says_how_it_is_made_and_make_makes_it_so() -> None:
    command = LOCK.splitlines()[1].removeprefix("#").strip().removeprefix("uv ")
    assert all(part in MAKEFILE for part in command.split(" -o ")[0].split())
    assert "-o requirements.lock" in MAKEFILE


def test_environment_yml_repeats_nothing_and_asks_for_the_same_python() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, by_pip = environment["dependencies"]
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert (pip, by_pip) == ("pip", {"pip": ["-e .[dev]"]})
    assert (environment["name"], environment["channels"]) == ("riskkit", ["conda-forge"])


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^  make (\w+) +\S", listed, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert targets == phony[1].split()
    assert {"setup", "demo", "test", "check", "bench", "lab", "dashboard", "lock", "clean"} <= set(targets)


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
@pytest.mark.parametrize("version", [(3, 9), (3, 10), (3, 14), (4, 0)])
def test_a_python_that_is_too_old_or_too_new_is_refused_with_a_clear_line(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    other = tmp_path / "python3"
    other.write_text(
        f"""#!/bin/sh\nexec python3 -c "import sys; sys.version_info = {version}; exec(sys.argv[1])" "$2"\n""",
        encoding="utf-8",
    )
    other.chmod(0o755)
    run = subprocess.run(
        ["make", "-C", str(tmp_path), f"PYTHON={other}", "setup"], check=False, capture_output=True, text=True
    )
    assert run.returncode != 0
    assert (
        "riskkit needs Python 3.11, 3.12 or 3.13" in run.stderr
        and f" is {version[0]}.{version[1]}." in run.stderr
    )
    assert not (tmp_path / ".venv").exists()


def test_the_pythons_are_the_same_wherever_they_are_named() -> None:
    named = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if "Python :: 3." in line]
    assert named == ["3.11", "3.12", "3.13"] and PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= v < (3, 14)" in MAKEFILE
    for page in ("README.md", "README.zh.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert "3.11" in text and "3.13" in text, page
        assert not re.search(r"3\.11 (or later|以上)", text), page


def test_uv_has_a_cache_where_the_home_cannot_be_written_to(tmp_path: Path) -> None:
    cache_for_uv = runpy.run_path(str(ROOT / ".ci" / "uv_as_pip.py"))["cache_for_uv"]
    own = tmp_path / ".venv" / ".uv-cache"
    assert cache_for_uv(tmp_path / "cache" / "uv", own) == {}
    (tmp_path / "file").touch()  # no folder can be made below a file, whoever runs this
    assert cache_for_uv(tmp_path / "file" / "uv", own) == {"UV_CACHE_DIR": str(own)}


def test_uv_is_told_what_pip_knows() -> None:
    for_uv = runpy.run_path(str(ROOT / ".ci" / "uv_as_pip.py"))["for_uv"]
    listing = "\n".join(
        [
            "global.index-url='https://one.example/simple'",
            ":env:.index-url='https://two.example/simple'",
            "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'",
            "install.find-links='/wheels /more'",
            "global.constraint='/somewhere'",
            "global.cert=''",
        ]
    )
    assert for_uv(listing) == {
        "UV_DEFAULT_INDEX": "https://two.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
    }
    assert for_uv("") == {}
    # a lock made from an index or a folder that holds the files of one machine installs on such machines only
    assert for_uv(listing, is_lock=True) == {"UV_DEFAULT_INDEX": "https://two.example/simple"}


def test_the_openmp_library_of_one_package_serves_the_other_where_the_system_has_none(tmp_path: Path) -> None:
    link = runpy.run_path(str(ROOT / ".ci" / "link_openmp.py"))["link_openmp"]
    assert link(tmp_path) is None
    for name in ("pyagrum", "scikit_learn.libs"):
        (tmp_path / name).mkdir()
    assert link(tmp_path) is None
    (tmp_path / "scikit_learn.libs" / "libgomp-0a1b.so.1.0.0").write_bytes(b"the library")
    for _ in range(2):  # set-up may run again
        assert link(tmp_path).read_bytes() == b"the library" and link(tmp_path).name == "libgomp.so.1"
    assert not (tmp_path / "pyagrum" / "libgomp.so.1").readlink().is_absolute()


def test_the_hooks_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks["repos"][0]["hooks"]} == {"system"}


@pytest.mark.parametrize("name", ["run", "clean_root"])
def test_the_build_scripts_are_sound_bash(name: str) -> None:
    script = ROOT / ".ci" / name
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_every_exception_to_a_lint_rule_gives_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = text.split("\nignore = [\n")[1].split("\n]")[0].splitlines()
    assert [line for line in ignored if not re.search(r'",\s+# \S+ \S+', line)] == []
    warnings = text.split("\nfilterwarnings = [\n")[1].split("\n]")[0].splitlines()
    assert warnings[0].strip() == '"error",'
    quiet = [number for number, line in enumerate(warnings) if "ignore:" in line]
    assert [warnings[number] for number in quiet if not warnings[number - 1].strip().startswith("#")] == []


def test_the_version_is_said_once_in_the_changelog_too() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.startswith("# Changelog")
    assert re.search(
        r"^## \[(Unreleased|" + re.escape(PROJECT["project"]["version"]) + r")\]", changelog, re.MULTILINE
    )


def test_the_licence_is_the_one_that_is_named() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "9. Accepting Warranty or Additional Liability" in licence
