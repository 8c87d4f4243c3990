"""Who may see what is served: a token, a host, and headers that keep the rest of the web out."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlencode

from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.websocket import WebSocketHandler

TOKEN_VARIABLE = "RISKKIT_TOKEN"  # noqa: S105 (the variable's name, not a token)
_SHORTEST_TOKEN = 16
_NAME_IN_ADDRESS = re.compile(r"(?!.*\.\.)[\w .,:+-]{0,80}")

# Voila's pages carry scripts and styles of their own ('unsafe-inline'), and anywidget imports a widget's
# module from a blob. Everything else comes from this server or not at all.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
# JupyterLab compiles code while it runs and shows files in frames.
_LAB_POLICY = {
    **_POLICY,
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline' blob:",
    "connect-src": "'self' blob: data:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob:",
    "object-src": "'self' blob:",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",  # not no-referrer: it hides the Origin of our own posts
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "riskkit",
}
_ANSWERS = {
    400: "The address asks for something this page does not know. 地址中含有本页不认识的内容。",
    401: "Your token or session has expired; ask for a new one. 令牌或会话已过期，请申请新的令牌。",
    403: "Open the address, with its token, that was printed where this was started, "
    "or sign in at {base}sign-in. "
    "请打开启动时打印的地址（其中含令牌），或在 {base}sign-in 登录。",
    404: "There is no such page. 没有这个页面。",
    429: "Too many wrong tokens or passwords: try again in {wait} s. "
    "令牌或口令错误过多，请在 {wait} 秒后重试。",
}


def headers(*, is_lab: bool = False) -> dict[str, str]:
    """What goes out with every answer, so that a page neither asks other hosts nor is framed by them."""
    policy = _LAB_POLICY if is_lab else _POLICY
    return {"Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in policy.items()), **_HEADERS}


def take_token(environment: MutableMapping[str, str]) -> str:
    """The token of this serving: from the environment, and out of it, or a new random one."""
    given = environment.pop(TOKEN_VARIABLE, "")
    if not given:
        return secrets.token_urlsafe(32)
    if not re.fullmatch(rf"[\w.~-]{{{_SHORTEST_TOKEN},}}", given, re.ASCII):
        raise ValueError(f"{TOKEN_VARIABLE}: at least {_SHORTEST_TOKEN} letters, digits or . _ ~ -")
    return given


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def named_in_address(arguments: Mapping[str, Iterable[bytes]]) -> dict[str, str]:
    """What a page's address asks for (``?lang=en&case=cots``): names and numbers, never paths or code."""
    found = {}
    for name, values in arguments.items():
        text = [*values][-1].decode("utf-8", "replace")
        if name == "token":
            continue
        if not _NAME_IN_ADDRESS.fullmatch(text):
            raise ValueError(name)
        found[name] = text
    return found


class Guard(JupyterHandler):
    """Put before a handler of Voila's: without the token or its cookie there is nothing, no picture even."""

    def set_default_headers(self) -> None:
        """Send our headers with every answer, errors included."""
        super().set_default_headers()
        for name, value in headers().items():
            self.set_header(name, value)

    def set_cors_headers(self) -> None:
        """Let no page of another origin read an answer."""

    def get_login_url(self) -> str:
        """The sign-in page where passwords are used; otherwise the page about the missing token."""
        people = getattr(self.identity_provider, "everybody", None)
        if people is not None and people.method == "password":
            return f"{self.base_url}login"
        raise web.HTTPError(401 if getattr(self, "riskkit_refused", "") == "expired" else 403)

    async def prepare(self) -> None:  # type: ignore[override]
        """Let the holder of the token or of its cookie pass; take the token out of the address."""
        await super().prepare()
        if self.current_user is None:
            self.get_login_url()
            raise web.HTTPError(403)
        self._require_own_kernel()
        is_page = self.request.method == "GET" and not isinstance(self, WebSocketHandler)
        if is_page and not self._finished and "token" in self.request.query_arguments:
            rest = {k: v for k, v in self.request.query_arguments.items() if k != "token"}
            self.redirect(self.request.path + ("?" + urlencode(rest, doseq=True) if rest else ""))

    def _require_own_kernel(self) -> None:
        """Whatever is asked of a kernel, by any route: only who opened its page may ask it."""
        kernels: Any = self.settings.get("kernel_manager")
        for named in (*self.path_args, *self.path_kwargs.values()) if kernels else ():
            place = kernels.place_of(named)
            owner = getattr(self.identity_provider, "owner_of", str)(self.current_user)
            if place and place.owner != owner:
                raise web.HTTPError(403, "kernel of somebody else")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what happened as plain text, in both languages; of reasons only what an address got wrong."""
        line = _ANSWERS.get(status_code, "Something went wrong; the log says what. 出错，原因见日志。")
        error = kwargs.get("exc_info", (None, None))[1]
        why = error.log_message if status_code == 400 and isinstance(error, web.HTTPError) else ""
        wait = getattr(self, "riskkit_wait", 0)
        if status_code == 429:
            self.set_header("Retry-After", str(wait))
        line = line.format(base=self.base_url, wait=wait)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{status_code}  {line}\n{why or ''}".rstrip() + "\n")


class Nothing(Guard):
    """Answers for every address that is not served."""

    async def prepare(self) -> None:  # type: ignore[override]
        """403 without the token, 404 with it."""
        await super().prepare()
        raise web.HTTPError(404)


def guarded(handler: type[web.RequestHandler]) -> type[web.RequestHandler]:
    """The same handler behind `Guard`."""
    return handler if issubclass(handler, Guard) else type(f"Guarded{handler.__name__}", (Guard, handler), {})
