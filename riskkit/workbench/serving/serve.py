"""Serve the notebooks on this machine: as dashboards (Voila) or to work in (JupyterLab), behind a token."""

from __future__ import annotations

import contextlib
import html
import json
import logging
import os
import socket
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from riskkit.workbench.runs.folders.kept_results import CACHE_VARIABLE, kept_folder
from riskkit.workbench.runs.folders.ledger_places import ledger_here, standing_here
from riskkit.workbench.runs.folders.resources import home
from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import
from riskkit.workbench.serving import access
from riskkit.workbench.serving.limits import ServingLimits, serving_limits
from riskkit.workbench.serving.served import served_texts

if TYPE_CHECKING:
    from traitlets.config import Config


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


LOOPBACK = "127.0.0.1"
_PORTS_TRIED = 20


def free_port(host: str, port: int) -> int:
    """The wanted port, or the first free one of the twenty after it; any free one for 0."""
    for wanted in range(port, port + _PORTS_TRIED) if port else (0,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, wanted))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise OSError(f"ports {port} to {port + _PORTS_TRIED - 1} on {host} are taken")


def _announcer(
    lang: str, limits: Mapping[str, float], *, token: str, open_browser: bool, as_json: bool
) -> Callable[[str], None]:
    def announce(url: str) -> None:
        address = f"{url}?token={token}&lang={lang}" if token else f"{url.partition('?')[0]}?lang={lang}"
        texts = served_texts(lang)
        kind = "lab_" if "seconds" not in limits else ""
        bounds = texts[f"{kind}limits_said{'_token' if token and not kind else ''}"].format(**limits)
        lines = [texts["open_at" if token else "people_open_at"], f"  {address}", bounds, texts["stop_with"]]
        said = json.dumps({"url": address, "limits": dict(limits)}) if as_json else "\n".join(lines)
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
        if open_browser:
            _open_browser(address)

    return announce


def _open_browser(address: str) -> None:
    """Through a file only this user can read: a command line, with the token, could be read by others."""
    handle, name = tempfile.mkstemp(suffix=".html", prefix="riskkit-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(address)}">')
    webbrowser.open(Path(name).as_uri())


def _ready(host: str, port: int, lang: str) -> tuple[int, str]:
    """A free port and the token; a warning when other machines can reach the port."""
    if not access.is_loopback(host):
        sys.stderr.write(served_texts(lang)["wider"].format(host=host or "0.0.0.0") + "\n")  # noqa: S104
    return free_port(host, port), access.take_token(os.environ)


def _audit_to_stderr() -> None:
    """Who signed in, was refused and signed out, a line each with its time; never a secret."""
    audit = logging.getLogger("riskkit.access")
    audit.setLevel(logging.INFO)
    audit.propagate = False
    lines = logging.StreamHandler()
    form = logging.Formatter("%(asctime)sZ access: %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    lines.setFormatter(form)
    audit.handlers = [lines]


def serve_dashboard(
    *,
    port: int = 8866,
    lang: str = "zh",
    open_browser: bool = True,
    host: str = LOOPBACK,
    notebooks: Path | None = None,
    as_json: bool = False,
    people: Path | None = None,
    limits: ServingLimits | None = None,
) -> None:
    """Serve the dashboards until stopped; say once at which address."""
    keep_out_slow_import()
    from riskkit.workbench.serving.dashboards import Dashboards, dashboard_config
    from riskkit.workbench.serving.intake.waiting import Places
    from riskkit.workbench.serving.people import read_people

    folder = notebooks or home() / "notebooks"
    place, token = _ready(host, port, lang)
    if people is not None:
        read_people(people)  # a faulty file is told before anything starts
        people, token = people.absolute(), ""
    templates = str(resources.files("riskkit.workbench.serving") / "served")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [templates, os.environ.get("JUPYTER_PATH")]))
    held = limits or serving_limits()
    config = dashboard_config(
        host=host, port=place, lang=lang, notebooks=folder, token=token, people=people, limits=held
    )
    app = Dashboards(config=config)
    app.lang = lang
    if held.intake is not None:
        ledger = ledger_here(os.environ, Path.cwd())
        app.intake = Places(held.intake.absolute(), held.register.absolute(), ledger)
    said = {"most": held.most, "each": held.most_each, "seconds": held.closed_seconds}
    app.announce = _announcer(lang, said, token=token, open_browser=open_browser, as_json=as_json)
    _audit_to_stderr()
    with standing_here(os.environ), writable_folders(os.environ):
        app.initialize([])
        app.start()


def lab_config(*, host: str, port: int, lang: str, notebooks: Path, token: str) -> Config:
    """JupyterLab's settings: our folder, language and kernel; no news, updates or packages from elsewhere."""
    from traitlets.config import Config

    from riskkit.workbench.serving.identity import TokenIdentity
    from riskkit.workbench.serving.kernels import PageKernels
    from riskkit.workbench.serving.served.kernel import OwnKernel

    config = Config()
    config.ServerApp.update(
        ip=host, port=port, port_retries=0, root_dir=str(notebooks.resolve()), log_level="WARN",
        allow_remote_access=not access.is_loopback(host), allow_root=True, open_browser=False,
        tornado_settings={"headers": access.headers(is_lab=True)}, kernel_spec_manager_class=OwnKernel,
        kernel_manager_class=PageKernels, identity_provider_class=TokenIdentity,
    )  # fmt: skip
    config.PageKernels.update(
        most=serving_limits().most, closed_seconds=0
    )  # closing a tab stops no work there
    config.OwnKernel.is_warm = True
    config.IdentityProvider.update(token=token, cookie_options={"samesite": "Lax"})
    config.LabApp.update(
        news_url=None, check_for_updates_class="jupyterlab.handlers.announcements.NeverCheckForUpdate",
        extension_manager="readonly", default_url="/lab",
        app_settings_dir=str(resources.files("riskkit.workbench.serving") / "served" / "lab" / lang),
    )  # fmt: skip
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    return config


def serve_lab(
    *,
    port: int = 8888,
    lang: str = "zh",
    open_browser: bool = True,
    host: str = LOOPBACK,
    notebooks: Path | None = None,
    as_json: bool = False,
) -> None:
    """Open the notebooks in JupyterLab until stopped; say once at which address."""
    keep_out_slow_import()
    from jupyterlab.labapp import LabApp
    from tornado.ioloop import IOLoop

    folder = notebooks or home() / "notebooks"
    place, token = _ready(host, port, lang)
    config = lab_config(host=host, port=place, lang=lang, notebooks=folder, token=token)
    said = {"most": serving_limits().most}
    announce = _announcer(lang, said, token=token, open_browser=open_browser, as_json=as_json)
    IOLoop.current().call_later(1, announce, f"http://{host}:{place}/lab")
    LabApp.load_other_extensions = False  # Voila's, for one, would serve pictures without the token
    with writable_folders(os.environ):
        LabApp.initialize_server(argv=[], config=config).start()
