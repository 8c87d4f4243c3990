"""The dashboards: Voila, with only the pages and files that a dashboard needs, each behind the token."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import
from riskkit.workbench.serving import access
from riskkit.workbench.serving.served import served_asset, served_texts

keep_out_slow_import()  # before anything below imports nbformat

import nbformat  # noqa: E402
import plotly  # noqa: E402
from jupyter_server.log import log_request  # noqa: E402
from tornado import web  # noqa: E402
from tornado.ioloop import IOLoop, PeriodicCallback  # noqa: E402
from traitlets.config import Config  # noqa: E402
from voila.app import Voila  # noqa: E402
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler  # noqa: E402
from voila.static_file_handler import AllowListFileHandler  # noqa: E402
from voila.tornado.contentshandler import VoilaContentsHandler  # noqa: E402
from voila.tornado.handler import TornadoVoilaHandler  # noqa: E402
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler  # noqa: E402
from voila.tornado.treehandler import TornadoVoilaTreeHandler  # noqa: E402
from voila.voila_identity_provider import VoilaLoginHandler  # noqa: E402

from riskkit.foundation.inputs.faults import InputFaults  # noqa: E402
from riskkit.foundation.language import in_language  # noqa: E402
from riskkit.words.catalogue import Texts  # noqa: E402
from riskkit.workbench.runs import parameters  # noqa: E402
from riskkit.workbench.serving.identity import (  # noqa: E402
    ROLE_HEADER,
    WHO_HEADER,
    PeopleIdentity,
    RoleAuthorizer,
    TokenIdentity,
    identity_of,
    role_of,
    tell_kernel,
)
from riskkit.workbench.serving.intake.pages import intake_handlers  # noqa: E402
from riskkit.workbench.serving.intake.review import may_review  # noqa: E402
from riskkit.workbench.serving.intake.waiting import Places, n_waiting  # noqa: E402
from riskkit.workbench.serving.kernels import PLACE, PageKernels, Place, TooManyPages, kernels_of  # noqa: E402
from riskkit.workbench.serving.limits import ServingLimits, serving_limits  # noqa: E402
from riskkit.workbench.serving.served.kernel import OwnKernel  # noqa: E402
from riskkit.workbench.serving.sign_in import LANGS, OwnPost, SignIn, SignOut, language_of, served_page  # noqa: E402

_IDLE_SECONDS = 600  # Jupyter's own broom, should a kernel without a page ever be left
_PATIENCE = 60  # s that a busy machine may take with what a cell has shown
_LOOK_MILLISECONDS = 1000  # how often the sessions of open pages are compared with the file of people
_PING_MILLISECONDS = 1000  # a browser that vanished is noticed after 11 of them, not after Jupyter's 90 s
intake_text = Texts("intake")
_LIBRARY = access.guarded(web.StaticFileHandler)
_LIBRARY_FOLDER = str(Path(plotly.__file__).parent / "package_data")
_NOT_ON_BOARDS = ("jupyterlab-plotly", "jupyterlab_pygments")  # five megabytes for figures outside of widgets
_NOT_SERVED = (TornadoVoilaTreeHandler, VoilaContentsHandler, AllowListFileHandler, VoilaLoginHandler)


@dataclass(frozen=True)
class Page:
    """One notebook that is served as a dashboard."""

    path: str
    title: dict[str, str]
    question: dict[str, str]
    roles: tuple[str, ...] = ()
    place: int = 99

    def is_for(self, role: str) -> bool:
        """Whether somebody in a role may open it; where one token is for all, everybody may."""
        return not role or not self.roles or role in self.roles


def pages_in(notebooks: Path) -> tuple[Page, ...]:
    """Which notebooks of a folder are served, by whom they serve first (`place`), then by folder and name."""
    found = [*sorted(notebooks.glob("dashboards/*.ipynb")), *sorted(notebooks.glob("*.ipynb"))]
    inside = notebooks.resolve()
    wanted = [path for path in found if path.resolve().is_relative_to(inside) and path.name[0] not in "._"]
    return tuple(sorted((_page(path, notebooks) for path in wanted), key=lambda page: page.place))


def _page(path: Path, notebooks: Path) -> Page:
    notebook = nbformat.read(path, as_version=4)
    said = notebook.metadata.get("riskkit", {})
    headings = [line for c in notebook.cells if c.cell_type == "markdown" for line in c.source.splitlines()]
    heading = next((line.lstrip("# ") for line in headings if line.startswith("#")), path.stem)
    title = {lang: str(said.get("title", {}).get(lang, heading)) for lang in LANGS}
    question = {lang: str(said.get("question", {}).get(lang, "")) for lang in LANGS}
    roles = tuple(str(one) for one in said.get("roles", ()))
    place = said.get("place", Page.place)
    return Page(path.relative_to(notebooks).as_posix(), title, question, roles, int(place))


def asked_parameters(notebook: Any, asked: dict[str, str], *, lang: str) -> dict[str, Any]:
    """The parameters a page's address sets, in the types the notebook declares."""
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
    words |= {
        "sign_out": texts["sign_out"],
        "who": _who(handler),
        "dark": texts["dark"],
        "gone": texts["gone"],
        "reload": texts["reload"],
        "theme": served_asset("theme.js"),
    }
    notebook.metadata["riskkit_page"] = words
    if values:
        place = next(i for i, c in enumerate(notebook.cells) if parameters.is_tagged(c, "parameters"))
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(parameters.written(values)))
    return notebook


def _board_extensions(page_config: dict[str, Any], *, notebook_path: str, **_: Any) -> dict[str, Any]:
    """A dashboard shows widgets only, and loads no extension for what else a notebook may show."""
    if notebook_path.startswith("dashboards/"):
        known = page_config["federated_extensions"]
        page_config["federated_extensions"] = [one for one in known if one["name"] not in _NOT_ON_BOARDS]
    return page_config


def _who(handler: Any) -> str:
    """The name of who asks, where people are told apart."""
    return identity_of(handler).owner_of(handler.current_user)


class Landing(access.Guard):
    """The list of dashboards, in the language asked for."""

    def initialize(self, notebooks: Path) -> None:
        """Remember the folder."""
        self._notebooks = notebooks

    @web.authenticated
    def get(self) -> None:
        """Show the list."""
        lang = language_of(self)
        rows = [
            {
                "href": f"{self.base_url}voila/render/{quote(page.path)}?lang={lang}",
                "title": page.title[lang],
                "question": page.question[lang],
                "needs": page.roles if not role_of(self) else (),
            }
            for page in pages_in(self._notebooks)
            if page.is_for(role_of(self))
        ]
        rows = [*self._reports(), *rows]
        self.set_header("Cache-Control", "no-store")  # not to be had with the back button after signing out
        self.finish(served_page("landing", lang, pages=rows, base=self.base_url, who=_who(self)))

    def _reports(self) -> list[dict[str, Any]]:
        """What was reported from outside, for those who decide on it."""
        lang = language_of(self)
        places: Places | None = self.settings["riskkit_intake"]
        if places is None or not may_review(role_of(self)):
            return []
        told = in_language(lang, intake_text, "review_about", n=n_waiting(places.folder))
        title, href = intake_text["review"][lang], f"{self.base_url}intake/waiting?lang={lang}"
        return [{"href": href, "title": title, "question": told, "needs": ()}]


class ListedNotebook(access.Guard, TornadoVoilaHandler):
    """Runs a notebook of the list; any other path is not there."""

    _place: Place | None = None

    async def get(self, path: str = "") -> None:
        """Run it and show it, where there is a place for one more page."""
        found = {page.path: page for page in pages_in(Path(self.settings["riskkit_notebooks"]))}
        if path not in found or not found[path].is_for(role_of(self)):
            raise web.HTTPError(404)
        owner, kernels = _who(self), kernels_of(self)
        try:
            self._place = kernels.take_place(owner, identity_of(self).seal_of(owner))
        except TooManyPages as full:
            self._say_full(full, found[path])
            return
        tell_kernel(self)
        try:
            await self._send(path, self._place)
        finally:
            kernels.page_sent(self._place)

    async def _send(self, path: str, place: Place) -> None:
        """Send the page until it is whole or its session ends: Voila goes on for ever without its kernel."""
        before = PLACE.set(place)
        sending = asyncio.ensure_future(TornadoVoilaHandler.get(self, path=path))
        PLACE.reset(before)
        over = asyncio.ensure_future(place.over.wait())
        await asyncio.wait((sending, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if sending.done():
            sending.result()
            return
        # Not cancelled: a kernel that is just starting would be left behind. Its next write ends it, for the
        # answer is finished then.
        sending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        if not self._headers_written:
            raise web.HTTPError(403)

    def on_connection_close(self) -> None:
        """The visitor left before the page was whole."""
        super().on_connection_close()
        if self._place:
            kernels_of(self).page_sent(self._place, is_whole=False)

    def _say_full(self, full: TooManyPages, wanted: Page) -> None:
        lang, seconds = language_of(self), math.ceil(kernels_of(self).closed_seconds) or 60
        self.set_status(503)
        self.set_header("Retry-After", str(seconds))
        self.set_header("Cache-Control", "no-store")
        what = {"whose": full.whose, "most": full.most, "seconds": seconds, "title": wanted.title[lang]}
        self.finish(served_page("full", lang, **what, base=self.base_url, again=self.request.uri))


class KernelSocket(access.Guard, VoilaKernelWebsocketHandler):
    """The connection of a page to its kernel; it is closed when the page's session ends."""

    _place: Place | None = None

    async def open(self, kernel_id: str) -> None:
        """Connect, unless the kernel is being ended."""
        self._place = kernels_of(self).place_of(kernel_id)
        if self._place is None:
            self.close(1001)
            return
        self._place.sockets.add(self)
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Disconnect."""
        if self._place:
            self._place.sockets.discard(self)
        super().on_close()


class ClosedPage(OwnPost, access.Guard, VoilaShutdownKernelHandler):
    """Ends the kernel of a page that says it is being closed."""


_OURS = {
    TornadoVoilaHandler: ListedNotebook,
    VoilaKernelWebsocketHandler: KernelSocket,
    VoilaShutdownKernelHandler: ClosedPage,
}


class Dashboards(Voila):
    """Voila without its file, contents, tree and login pages, and with every other one guarded."""

    lang = "zh"
    intake: Places | None = None
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
            riskkit_lang=self.lang,
            riskkit_intake=self.intake,
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
        own: list[Any] = [(self.server_url, Landing, {"notebooks": Path(self.root_dir)})]
        own += [(f"{self.server_url}sign-in", SignIn), (f"{self.server_url}sign-out", SignOut)]
        if self.identity_provider.method == "password":
            own.append((f"{self.server_url}login", SignIn))
        own.append((rf"{self.server_url}voila/static/(plotly\.min\.js)", _LIBRARY, {"path": _LIBRARY_FOLDER}))
        own += intake_handlers(self.server_url, self.intake) if self.intake is not None else []
        return [*own, *kept]

    def listen(self) -> None:
        """Listen, say where, and serve until stopped."""
        self.app.listen(self.port, self.ip)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.announce, self.connection_url)
        PeriodicCallback(self._end_pages, _LOOK_MILLISECONDS).start()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def _end_pages(self) -> None:
        """End the pages of sessions that are over, whether or not anybody asks for anything."""
        self.kernel_manager.end_others(self.identity_provider.seal_of)


def dashboard_config(
    *,
    host: str,
    port: int,
    lang: str,
    notebooks: Path,
    token: str,
    people: Path | None = None,
    limits: ServingLimits | None = None,
) -> Config:
    """Voila's settings for serving a folder of notebooks, to who has the token or to the people of a file."""
    config = Config()
    config.Voila.update(
        ip=host, port=port, root_dir=str(notebooks.resolve()), token=token, open_browser=False,
        config_file_paths=[], identity_provider_class=TokenIdentity, log_level="WARN",
        tornado_settings={"ws_ping_interval": _PING_MILLISECONDS, "ws_ping_timeout": 10 * _PING_MILLISECONDS},
    )  # fmt: skip
    config.VoilaConfiguration.update(
        template="riskkit", allow_template_override="NO", allow_theme_override="NO", theme="light",
        file_allowlist=[], strip_sources=True, show_tracebacks=False,
        kernel_spec_manager_class=OwnKernel, multi_kernel_manager_class=PageKernels,
        http_header_envs=[WHO_HEADER, ROLE_HEADER],
        prelaunch_hook=lambda handler, notebook, cwd: _set_up(handler, notebook, cwd, lang=lang),
        page_config_hook=_board_extensions,
    )  # fmt: skip
    # What a cell shows may come long after the cell has ended; Voila then sent the page without it.
    config.VoilaExecutor.update(iopub_timeout=_PATIENCE, raise_on_iopub_timeout=True)
    config.MappingKernelManager.update(
        cull_idle_timeout=_IDLE_SECONDS, cull_interval=60, cull_connected=False
    )
    wanted = limits or serving_limits()
    config.PageKernels.update(
        most=wanted.most, most_each=wanted.most_each, closed_seconds=wanted.closed_seconds
    )
    config.SealedIdentity.proxies = list(wanted.proxies)
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    config.OwnKernel.is_warm = True
    if people is not None:
        config.Voila.update(identity_provider_class=PeopleIdentity, authorizer_class=RoleAuthorizer)
        config.PeopleIdentity.access_file = str(people)
    return config
