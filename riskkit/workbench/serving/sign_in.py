"""The pages around a session: signing in, signing out, and the one that says that every place is taken."""

from __future__ import annotations

from importlib import resources
from typing import Any

import jinja2
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from riskkit.workbench.serving.access import Guard
from riskkit.workbench.serving.identity import identity_of
from riskkit.workbench.serving.kernels import kernels_of
from riskkit.workbench.serving.served import served_texts

LANGS = ("zh", "en")


def language_of(handler: JupyterHandler) -> str:
    """The language an address asks for, else that of the server."""
    default = str(handler.settings.get("riskkit_lang", "zh"))
    asked = handler.get_query_argument("lang", default)
    return asked if asked in LANGS else default


def served_page(name: str, lang: str, **words: Any) -> str:
    """A page of our own as HTML."""
    folder = resources.files("riskkit.workbench.serving") / "served"
    sources = {
        one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith((".j2", ".js"))
    }
    environment = jinja2.Environment(autoescape=True, loader=jinja2.DictLoader(sources))
    return environment.get_template(f"{name}.html.j2").render(lang=lang, texts=served_texts(lang), **words)


class OwnPost:
    """A post that carries no form's token: its origin is checked in its place."""

    def check_xsrf_cookie(self: Any) -> None:
        """Accept a post of our own pages only."""
        if not self.request.headers.get("Origin") or not self.check_origin():
            raise web.HTTPError(403)


class SignIn(Guard):
    """Asks for a token, or for a name and a password, as the server is set up."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Let everybody see it."""
        await super(Guard, self).prepare()

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form."""
        self._show("out" if self.get_query_argument("out", "") else "")

    @allow_unauthenticated
    async def post(self) -> None:
        """Let in who knows the token or the password."""
        provider = identity_of(self)
        user: User | None = None
        if provider.method == "password":
            given = self.get_body_argument("name", ""), self.get_body_argument("password", "", strip=False)
            user = await provider.checked(self, *given)
        elif provider.method == "token":
            user = await provider.checked(self, *provider.parted(self.get_body_argument("secret", "")))
        if user is None:
            why = getattr(self, "riskkit_refused", "wrong")
            self.set_status(429 if why == "wait" else 403)
            self._show(why)
            return
        provider.set_login_cookie(self, user)
        self.redirect(f"{self.base_url}?lang={language_of(self)}")

    def _show(self, why: str) -> None:
        lang, method = language_of(self), identity_of(self).method
        wait = getattr(self, "riskkit_wait", 0)
        if wait:
            self.set_header("Retry-After", str(wait))
        self.set_header("Cache-Control", "no-store")
        xsrf = self.xsrf_token.decode()
        self.finish(served_page("sign_in", lang, why=why, wait=wait, method=method, xsrf=xsrf))


class SignOut(OwnPost, Guard):
    """Ends the session on the server, in every browser, and the pages that were opened under it."""

    @web.authenticated
    async def post(self) -> None:
        """Sign out."""
        provider = identity_of(self)
        provider.sign_out(self)
        kernels_of(self).end_others(provider.seal_of)
        place = "login" if provider.method == "password" else "sign-in"
        self.redirect(f"{self.base_url}{place}?out=1&lang={language_of(self)}", status=303)
