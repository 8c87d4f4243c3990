"""The dashboards: Voila, with only the pages and files that a dashboard needs, each behind the token."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from riskkit.workbench import access
from riskkit.workbench.runs.kernels import keep_out_slow_import
from riskkit.workbench.serving.served import served_texts

keep_out_slow_import()  # before anything below imports nbformat

import jinja2  # noqa: E402
import nbformat  # noqa: E402
from jupyter_server.auth.identity import IdentityProvider  # noqa: E402
from jupyter_server.log import log_request  # noqa: E402
from tornado import web  # noqa: E402
from tornado.ioloop import IOLoop  # noqa: E402
from traitlets.config import Config  # noqa: E402
from voila.app import Voila  # noqa: E402
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler  # noqa: E402
from voila.static_file_handler import AllowListFileHandler  # noqa: E402
from voila.tornado.contentshandler import VoilaContentsHandler  # noqa: E402
from voila.tornado.handler import TornadoVoilaHandler  # noqa: E402
from voila.tornado.treehandler import TornadoVoilaTreeHandler  # noqa: E402
from voila.voila_identity_provider import VoilaLoginHandler  # noqa: E402

from riskkit.foundation.faults import InputFaults  # noqa: E402
from riskkit.workbench.runs import parameters  # noqa: E402
from riskkit.workbench.serving.identity import (  # noqa: E402
    ROLE_HEADER,
    WHO_HEADER,
    Login,
    PeopleIdentity,
    RoleAuthorizer,
    role_of,
    tell_kernel,
)
from riskkit.workbench.serving.served.kernel import OwnKernel  # noqa: E402

LANGS = ("zh", "en")
_IDLE_SECONDS = 600  # a page that is open keeps its kernel; a closed one loses it at the latest then
_NOT_SERVED = (TornadoVoilaTreeHandler, VoilaContentsHandler, AllowListFileHandler, VoilaLoginHandler)


@dataclass(frozen=True)
class Page:
    """One notebook that is served as a dashboard.

    Parameters
    ----------
    path : str
        Where it is, from the notebooks folder.
    title, question : dict of str to str
        By language, from the notebook's metadata ``riskkit``; the question may be empty.
    roles : tuple of str
        Who may open it, from the same place; empty for everybody.

    Examples
    --------
    >>> Page("dashboards/overview.ipynb", {"zh": "总览", "en": "Overview"}, {}).path
    'dashboards/overview.ipynb'
    """

    path: str
    title: dict[str, str]
    question: dict[str, str]
    roles: tuple[str, ...] = ()

    def is_for(self, role: str) -> bool:
        """Whether somebody in a role may open it; where one token is for all, everybody may."""
        return not role or not self.roles or role in self.roles


def pages_in(notebooks: Path) -> tuple[Page, ...]:
    """Which notebooks of a folder are served: those in ``dashboards/``, then those beside it.

    Parameters
    ----------
    notebooks : pathlib.Path
        The folder. Nothing deeper, hidden or linked from elsewhere is served.

    Examples
    --------
    >>> pages_in(Path("no such folder"))
    ()
    """
    found = [*sorted(notebooks.glob("dashboards/*.ipynb")), *sorted(notebooks.glob("*.ipynb"))]
    inside = notebooks.resolve()
    wanted = [path for path in found if path.resolve().is_relative_to(inside) and path.name[0] not in "._"]
    return tuple(_page(path, notebooks) for path in wanted)


def _page(path: Path, notebooks: Path) -> Page:
    notebook = nbformat.read(path, as_version=4)
    said = notebook.metadata.get("riskkit", {})
    headings = [line for c in notebook.cells if c.cell_type == "markdown" for line in c.source.splitlines()]
    heading = next((line.lstrip("# ") for line in headings if line.startswith("#")), path.stem)
    title = {lang: str(said.get("title", {}).get(lang, heading)) for lang in LANGS}
    question = {lang: str(said.get("question", {}).get(lang, "")) for lang in LANGS}
    roles = tuple(str(one) for one in said.get("roles", ()))
    return Page(path.relative_to(notebooks).as_posix(), title, question, roles)


def asked_parameters(notebook: Any, asked: dict[str, str], *, lang: str) -> dict[str, Any]:
    """The parameters a page's address sets, in the types the notebook declares.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With a cell tagged ``parameters``, or without one.
    asked : dict of str to str
        From the address: names the notebook declares, and ``lang``.
    lang : str
        The language of this visit; ``interactive`` is true unless the address says otherwise.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        With every unknown or mistyped name.

    Examples
    --------
    >>> cell = nbformat.v4.new_code_cell("lang: str = 'zh'  # language", metadata={"tags": ["parameters"]})
    >>> asked_parameters(nbformat.v4.new_notebook(cells=[cell]), {}, lang="en")
    {'lang': 'en'}
    """
    is_there = any(parameters.is_tagged(cell, "parameters") for cell in notebook.cells)
    known = parameters.declared(notebook) if is_there else ()
    names = {parameter.name for parameter in known}
    given = {"interactive": "true", **asked, "lang": lang}
    wanted = {
        name: value for name, value in given.items() if name in names or name in asked.keys() - {"lang"}
    }
    return parameters.check(known, wanted, what="address")


def _set_up(handler: web.RequestHandler, notebook: Any, cwd: str, *, lang: str) -> Any:
    """Before a kernel starts: put what the address asks for into the notebook, or refuse."""
    try:
        asked = access.named_in_address(handler.request.query_arguments)
        spoken = asked.get("lang", lang)
        if spoken not in LANGS:
            raise ValueError("lang")
        values = asked_parameters(notebook, asked, lang=spoken)
    except InputFaults as faults:
        raise web.HTTPError(400, str(faults).replace("%", "%%")) from None
    except ValueError as error:
        raise web.HTTPError(400, f"{error}: not a name or a number") from None
    texts = served_texts(spoken)
    title = notebook.metadata.get("riskkit", {}).get("title", {}).get(spoken, "riskkit")
    words = {"lang": spoken, "title": title, "loading": texts["loading"], "home": texts["dashboards"]}
    notebook.metadata["riskkit_page"] = words
    if values:
        place = next(i for i, c in enumerate(notebook.cells) if parameters.is_tagged(c, "parameters"))
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(parameters.written(values)))
    return notebook


class Landing(access.Guard):
    """The list of dashboards, in the language asked for."""

    def initialize(self, notebooks: Path, lang: str) -> None:
        """Remember the folder and the language when none is asked for."""
        self._notebooks = notebooks
        self._lang = lang

    @web.authenticated
    def get(self) -> None:
        """Show the list."""
        asked = self.get_query_argument("lang", self._lang)
        lang = asked if asked in LANGS else self._lang
        rows = [
            {
                "href": f"{self.base_url}voila/render/{quote(page.path)}?lang={lang}",
                "title": page.title[lang],
                "question": page.question[lang],
            }
            for page in pages_in(self._notebooks)
            if page.is_for(role_of(self))
        ]
        source = (resources.files("riskkit.workbench.serving") / "served" / "landing.html.j2").read_text(
            "utf-8"
        )
        template = jinja2.Environment(autoescape=True).from_string(source)
        self.finish(template.render(lang=lang, texts=served_texts(lang), pages=rows))


class ListedNotebook(access.Guard, TornadoVoilaHandler):
    """Runs a notebook of the list; any other path is not there."""

    async def get(self, path: str = "") -> None:
        """Run it and show it."""
        found = {page.path: page for page in pages_in(Path(self.settings["riskkit_notebooks"]))}
        if path not in found or not found[path].is_for(role_of(self)):
            raise web.HTTPError(404)
        tell_kernel(self)
        await TornadoVoilaHandler.get(self, path=path)


class ClosedPage(access.Guard, VoilaShutdownKernelHandler):
    """Ends the kernel of a page that says it is being closed.

    The browser sends that without a form's token, so the origin is checked in its place; the cookie does not
    come with a post from another site, and the kernel's id is not to be guessed.
    """

    def check_xsrf_cookie(self) -> None:
        """Accept a post of our own pages only.

        Raises
        ------
        tornado.web.HTTPError
            403 when the request does not come from one of them.
        """
        if not self.request.headers.get("Origin") or not self.check_origin():
            raise web.HTTPError(403)


_OURS = {TornadoVoilaHandler: ListedNotebook, VoilaShutdownKernelHandler: ClosedPage}


class Dashboards(Voila):
    """Voila without its file, contents, tree and login pages, and with every other one guarded."""

    lang = "zh"
    announce: Callable[[str], None] = staticmethod(lambda url: None)

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with ours for hosts, logs and addresses that are not there."""
        settings: dict[str, Any] = super().init_settings()
        settings.update(
            allow_remote_access=not access.is_loopback(self.ip),
            local_hostnames=["localhost"],
            default_handler_class=access.Nothing,
            log_function=log_request,
            riskkit_notebooks=self.root_dir,
        )
        self.identity_provider.cookie_options = {"samesite": "Lax"}
        if isinstance(self.identity_provider, PeopleIdentity):
            _ = self.identity_provider.everybody  # read now: a faulty file stops the start
        return settings

    def init_handlers(self) -> list[Any]:
        """Voila's handlers that a dashboard needs, each behind the token, and the list of dashboards."""
        kept = []
        for route, handler, *rest in super().init_handlers():
            if issubclass(handler, _NOT_SERVED) or route.endswith("/logout"):
                continue
            kept.append((route, _OURS.get(handler) or access.guarded(handler), *rest))
        own: list[Any] = [(self.server_url, Landing, {"notebooks": Path(self.root_dir), "lang": self.lang})]
        people = getattr(self.identity_provider, "everybody", None)
        if people is not None and people.method == "password":
            own.append((f"{self.server_url}login", Login))
        return [*own, *kept]

    def listen(self) -> None:
        """Listen, say where, and serve until stopped."""
        self.app.listen(self.port, self.ip)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.announce, self.connection_url)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()


def dashboard_config(
    *, host: str, port: int, lang: str, notebooks: Path, token: str, people: Path | None = None
) -> Config:
    """Voila's settings for serving a folder of notebooks, to who has the token or to the people of a file.

    Examples
    --------
    >>> config = dashboard_config(host="127.0.0.1", port=1, lang="zh", notebooks=Path("."), token="t")
    >>> config.VoilaConfiguration.file_allowlist
    []
    """
    config = Config()
    config.Voila.update(
        ip=host, port=port, root_dir=str(notebooks.resolve()), token=token, open_browser=False,
        config_file_paths=[], identity_provider_class=IdentityProvider, log_level="WARN",
    )  # fmt: skip
    config.VoilaConfiguration.update(
        template="riskkit", allow_template_override="NO", allow_theme_override="NO", theme="light",
        file_allowlist=[], strip_sources=True, show_tracebacks=False,
        kernel_spec_manager_class=OwnKernel, http_header_envs=[WHO_HEADER, ROLE_HEADER],
        prelaunch_hook=lambda handler, notebook, cwd: _set_up(handler, notebook, cwd, lang=lang),
    )  # fmt: skip
    config.MappingKernelManager.update(
        cull_idle_timeout=_IDLE_SECONDS, cull_interval=60, cull_connected=False
    )
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    if people is not None:
        config.Voila.update(identity_provider_class=PeopleIdentity, authorizer_class=RoleAuthorizer)
        config.PeopleIdentity.access_file = str(people)
    return config
