"""Where Jupyter and the boards keep files while they serve, when the home of the account is read-only."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path

from riskkit.workbench.runs.folders.kept_results import CACHE_VARIABLE, kept_folder

_FOLDERS = {
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_RUNTIME_DIR": "runtime",
    CACHE_VARIABLE: "cache",
}


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@contextlib.contextmanager
def writable_folders(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Give Jupyter a temporary folder where it cannot write to those of the account."""
    from jupyter_core import paths

    usual: tuple[Callable[[], str | Path], ...] = (
        paths.jupyter_data_dir,
        paths.jupyter_config_dir,
        paths.jupyter_runtime_dir,
        kept_folder,
    )
    known = {name: environment.get(name) for name in _FOLDERS}
    folders = {name: known[name] or find() for name, find in zip(_FOLDERS, usual, strict=True)}
    closed = [name for name, folder in folders.items() if not _can_be_written(Path(folder))]
    with tempfile.TemporaryDirectory(prefix="riskkit-jupyter-", ignore_cleanup_errors=True) as own:
        for name in closed:
            environment[name] = str(Path(own, _FOLDERS[name]))
            Path(own, _FOLDERS[name]).mkdir()
        try:
            yield
        finally:
            for name in closed:
                del environment[name]
                environment.update({name: before} if (before := known[name]) else {})
