"""Jupyter Server's own hooks for who somebody is and what they may do, filled from a file of people.

`PeopleIdentity` is an identity provider: a token or a password (each compared with its Argon2 hash) or the
header of a trusted proxy names the person; a signed cookie carries the name until the session ends, and the
role is looked up again on every request. `RoleAuthorizer` lets people use kernels of pages and nothing else.
The kernel of a page is told in its environment who looks at it, and by nobody else: what a browser sends
under these names is overwritten.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from traitlets import Unicode

from riskkit.workbench.access import headers
from riskkit.workbench.serving.people import People, Person, known_by, read_people
from riskkit.workbench.serving.served import served_texts

WHO_HEADER, ROLE_HEADER = "X-Riskkit-Who", "X-Riskkit-Role"
_WHO, _ROLE = "HTTP_X_RISKKIT_WHO", "HTTP_X_RISKKIT_ROLE"
_MINUTES_A_DAY = 1440


def visitor(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Who looks at the page whose kernel this is, and in which role.

    Parameters
    ----------
    environment : mapping
        Usually ``os.environ``.

    Returns
    -------
    tuple of str, or None
        Name and role, both empty where what is served has one token for all; none where nothing is served
        (JupyterLab, a report).

    Examples
    --------
    >>> visitor({}) is None, visitor({"HTTP_X_RISKKIT_WHO": "e1", "HTTP_X_RISKKIT_ROLE": "expert"})
    (True, ('e1', 'expert'))
    """
    if _WHO not in environment:
        return None
    return environment[_WHO], environment.get(_ROLE, "")


class PeopleIdentity(IdentityProvider):
    """Knows the people of a file.

    Parameters
    ----------
    access_file : str
        See `riskkit.workbench.serving.people`.
    """

    access_file = Unicode(help="The file of people").tag(config=True)

    @cached_property
    def everybody(self) -> People:
        """The people, as read when serving began."""
        found = read_people(Path(self.access_file))
        days = found.session_minutes / _MINUTES_A_DAY
        self.cookie_options = {"samesite": "Lax", "expires_days": days}
        self.get_secure_cookie_kwargs = {"max_age_days": days}
        return found

    @property
    def auth_enabled(self) -> bool:
        """Nobody is let in unknown."""
        return True

    def person_of(self, user: User | None) -> Person | None:
        """The person behind a user, as the file has them now."""
        return self.everybody.person(user.username) if user else None

    async def _get_user(self, handler: web.RequestHandler) -> User | None:
        if self.everybody.method == "header":
            return self._user_of(self._named_by_proxy(handler))
        return await super()._get_user(handler)

    def _named_by_proxy(self, handler: web.RequestHandler) -> Person | None:
        if handler.request.remote_ip not in self.everybody.proxies:
            return None
        found = self.everybody.person(handler.request.headers.get(self.everybody.header, ""))
        return None if found is None or _is_over(found) else found

    async def get_user_token(self, handler: web.RequestHandler) -> User | None:
        """The person whose token came with a request."""
        token = self.get_token(handler)
        if not token or self.everybody.method != "token":
            return None
        name, _, secret = token.partition(".")
        found, why = known_by(self.everybody, name, secret, today=_today())
        if found is None:
            handler.riskkit_refused = why  # type: ignore[attr-defined]
            self.log.warning(
                "token refused (%s) for %s from %s", why, ascii(name[:64]), handler.request.remote_ip
            )
        return self._user_of(found)

    def get_user_cookie(self, handler: web.RequestHandler) -> User | None:
        """The person of the cookie, while the session lasts."""
        _ = self.everybody
        found: Any = super().get_user_cookie(handler)
        return found if isinstance(found, User) else None

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """The person a cookie names, unless they have left the file or their time is over."""
        user = super().user_from_cookie(cookie_value)
        found = self.person_of(user)
        return None if found is None or _is_over(found) else self._user_of(found)

    def _user_of(self, person: Person | None) -> User | None:
        return User(username=person.name, name=person.name, display_name=person.name) if person else None

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Never as far as origins go: posts carry the token of their form."""
        return False


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _is_over(person: Person) -> bool:
    return person.expires is not None and _today() > person.expires


class RoleAuthorizer(Authorizer):
    """Lets people use the kernels of their pages, and nothing else of Jupyter's."""

    def is_authorized(self, handler: JupyterHandler, user: User, *deed: str) -> bool:
        """Whether somebody may do something (the first word) with a kind of thing (the last)."""
        resource = deed[-1] if deed else ""
        is_known = not isinstance(self.identity_provider, PeopleIdentity) or bool(
            self.identity_provider.person_of(user)
        )
        return is_known and resource in {"kernels", "server"}


def role_of(handler: JupyterHandler) -> str:
    """The role of who asks; empty where what is served has one token for all.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> role_of(SimpleNamespace(identity_provider=None, current_user=None))
    ''
    """
    provider = handler.identity_provider
    person = provider.person_of(handler.current_user) if isinstance(provider, PeopleIdentity) else None
    return person.role if person else ""


def tell_kernel(handler: JupyterHandler) -> None:
    """Put who asks, and their role, where Voila hands them to the kernel, whatever the browser said.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> request = SimpleNamespace(headers={"X-Riskkit-Who": "somebody else"})
    >>> tell_kernel(SimpleNamespace(identity_provider=None, current_user=None, request=request))
    >>> request.headers
    {'X-Riskkit-Who': '', 'X-Riskkit-Role': ''}
    """
    role = role_of(handler)
    handler.request.headers[WHO_HEADER] = handler.current_user.username if role else ""
    handler.request.headers[ROLE_HEADER] = role


class Login(JupyterHandler):
    """The page on which a name and a password are asked for, where the file of people says so."""

    def set_default_headers(self) -> None:
        """Send our headers with it."""
        super().set_default_headers()
        for name, value in headers().items():
            self.set_header(name, value)

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form."""
        self._show("")

    @allow_unauthenticated
    async def post(self) -> None:
        """Let in who knows the password."""
        provider = self.identity_provider
        if not isinstance(provider, PeopleIdentity) or provider.everybody.method != "password":
            raise web.HTTPError(404)
        name, password = self.get_body_argument("name", ""), self.get_body_argument("password", "")
        found, why = known_by(provider.everybody, name, password, today=_today())
        if found is None:
            provider.log.warning("password refused (%s) for %s", why, ascii(name[:64]))
            self.set_status(403)
            self._show(why)
            return
        provider.set_login_cookie(self, User(username=found.name, name=found.name, display_name=found.name))
        self.redirect(self.base_url)

    def _show(self, why: str) -> None:
        lang = "en" if self.get_query_argument("lang", "zh") == "en" else "zh"
        source = (resources.files("riskkit.workbench.serving") / "served" / "login.html.j2").read_text(
            "utf-8"
        )
        token = self.xsrf_token.decode()
        template = jinja2.Environment(autoescape=True).from_string(source)
        self.finish(template.render(lang=lang, texts=served_texts(lang), why=why, xsrf=token))


def as_visitor() -> tuple[str, str] | None:
    """Who looks at the page whose kernel this process is.

    Examples
    --------
    >>> as_visitor() is None
    True
    """
    return visitor(os.environ)
