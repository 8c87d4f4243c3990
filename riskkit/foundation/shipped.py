"""Where riskkit's own notebooks and cases lie: in a checkout, or inside an installed package."""

from __future__ import annotations

from pathlib import Path


def home() -> Path:
    """The folder that holds ``notebooks/`` and ``data/cases/``.

    Examples
    --------
    >>> (home() / "data" / "cases").is_dir()
    True
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent


def case_path(case_id: str) -> Path:
    """The file of a shipped case; it need not exist.

    Examples
    --------
    >>> case_path("note7-battery-2016").name
    'note7-battery-2016.toml'
    """
    return home() / "data" / "cases" / f"{case_id}.toml"


def example_path(name: str) -> Path:
    """The file of a shipped example for a method; it need not exist.

    Examples
    --------
    >>> example_path("note7-fault-tree").is_file()
    True
    """
    return home() / "data" / "examples" / f"{name}.toml"


def what_ifs_path(case_id: str) -> Path:
    """The file of what-ifs of a shipped case; it need not exist.

    Examples
    --------
    >>> what_ifs_path("note7-battery-2016").parent.name
    'what_ifs'
    """
    return home() / "data" / "what_ifs" / f"{case_id}.toml"
