"""Jupyter Server's own hooks for who somebody is and what they may do, filled from a file of people.

`TokenIdentity` and `PeopleIdentity` are identity providers: one token for all, or a token or a password of
one's own (each compared with its Argon2 hash) or the header of a trusted proxy. A signed cookie carries the
name and a seal until the session ends; the person and the role are looked up again on every request.
`RoleAuthorizer` lets people use kernels of pages and nothing else. The kernel of a page is told in its
environment who looks at it, and by nobody else: what a browser sends under these names is overwritten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import math
import os
import secrets
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from traitlets import List, Unicode

from riskkit.workbench.serving.gate import Gate, address_of
from riskkit.workbench.serving.people import People, PeopleFile, Person, known_by

audit = logging.getLogger("riskkit.access")
WHO_HEADER, ROLE_HEADER = "X-Riskkit-Who", "X-Riskkit-Role"
_WHO, _ROLE = "HTTP_X_RISKKIT_WHO", "HTTP_X_RISKKIT_ROLE"
_MINUTES_A_DAY = 1440


def visitor(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Who looks at the page whose kernel this is, and in which role."""
    if _WHO not in environment:
        return None
    return environment[_WHO], environment.get(_ROLE, "")


class SealedIdentity(IdentityProvider):
    """Sessions that the server can end, and guesses that are slowed."""

    proxies = List(Unicode(), help="Addresses whose X-Forwarded-For is believed").tag(config=True)

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._key = secrets.token_bytes(32)
        self._ended: Counter[str] = Counter()
        self.gate = Gate()

    @property
    def auth_enabled(self) -> bool:
        """Nobody is let in unknown."""
        return True

    @property
    def method(self) -> str:
        """How people are known: ``token``, ``password`` or ``header``."""
        return "token"

    def owner_of(self, user: User | None) -> str:
        """Whose sessions and pages belong together: one token is one person."""
        return ""

    def standing_of(self, owner: str) -> str | None:
        """What a session hangs on; None for nobody."""
        return "token"

    def seal_of(self, owner: str) -> str:
        """The present seal of somebody; empty for who may not, or no longer, be let in."""
        standing = self.standing_of(owner)
        if standing is None:
            return ""
        text = json.dumps([owner, standing, self._ended[owner]])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def user_to_cookie(self, user: User) -> str:
        """The name and its seal."""
        return json.dumps({"username": user.username, "seal": self.seal_of(self.owner_of(user))})

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Whom a cookie names, while its seal is the present one."""
        held = json.loads(cookie_value)
        user = self.user_named(str(held["username"]))
        seal = self.seal_of(self.owner_of(user)) if user else ""
        return user if seal and hmac.compare_digest(seal, str(held["seal"])) else None

    def user_named(self, name: str) -> User | None:
        """A user by name."""
        return User(username=name, name=name, display_name=name)

    def address_of(self, handler: web.RequestHandler) -> str:
        """Where a request comes from."""
        heard = handler.request.headers.get("X-Forwarded-For", "")
        return address_of(str(handler.request.remote_ip), heard, tuple(self.proxies))

    async def _get_user(self, handler: web.RequestHandler) -> User | None:
        user = await super()._get_user(handler)
        if user is None and vars(handler).get("riskkit_wait"):
            raise web.HTTPError(429)
        return user

    async def get_user_token(self, handler: web.RequestHandler) -> User | None:
        """Whose token came with a request."""
        token = self.get_token(handler)
        return await self.checked(handler, *self.parted(token)) if token and self.method == "token" else None

    def parted(self, token: str) -> tuple[str, str]:
        """The name in a token, and its secret."""
        return "", token

    async def checked(self, handler: web.RequestHandler, name: str, secret: str) -> User | None:
        """The user whom a name and a secret belong to; why there is none is noted at the handler."""
        address = self.address_of(handler)
        found, why = None, "wait"
        async with self.gate.turn(address, name) as wait:
            if not wait:
                found, why = await self.verified(name, secret)
                self.gate.note(address, name, is_right=why != "wrong")
        if found is None:
            handler.riskkit_refused = why  # type: ignore[attr-defined]
            handler.riskkit_wait = math.ceil(wait)  # type: ignore[attr-defined]
            audit.warning("%s refused (%s) for %s from %s", self.method, why, ascii(name[:64]), address)
        return found

    @abstractmethod
    async def verified(self, name: str, secret: str) -> tuple[User | None, str]:
        """The user, or why there is none."""

    def set_login_cookie(self, handler: web.RequestHandler, user: User) -> None:
        """Begin a session."""
        super().set_login_cookie(handler, user)
        who = self.owner_of(user) or "the holder of the token"
        audit.info("signed in: %s by %s from %s", who, self.method, self.address_of(handler))

    def sign_out(self, handler: JupyterHandler) -> None:
        """End every session of who asks."""
        owner = self.owner_of(handler.current_user)
        self._ended[owner] += 1
        self.clear_login_cookie(handler)
        audit.info("signed out: %s from %s", owner or "the holder of the token", self.address_of(handler))


class TokenIdentity(SealedIdentity):
    """Lets in who has the one token."""

    async def verified(self, name: str, secret: str) -> tuple[User | None, str]:
        """Any user, when the token is right."""
        is_right = hmac.compare_digest(secret.encode(), self.token.encode())
        return (self.user_named("holder"), "") if is_right else (None, "wrong")


class PeopleIdentity(SealedIdentity):
    """Knows the people of a file, which is read again when it changes."""

    access_file = Unicode(help="The file of people").tag(config=True)

    @cached_property
    def _file(self) -> PeopleFile:
        return PeopleFile(Path(self.access_file))

    @property
    def everybody(self) -> People:
        """The people, as the file has them now."""
        found = self._file.people()
        days = found.session_minutes / _MINUTES_A_DAY
        self.cookie_options = {"samesite": "Lax", "expires_days": days}
        self.get_secure_cookie_kwargs = {"max_age_days": days}
        return found

    @property
    def method(self) -> str:
        """As the file says."""
        return self.everybody.method

    def person_of(self, user: User | None) -> Person | None:
        """The person behind a user, as the file has them now."""
        return self.everybody.person(user.username) if user else None

    def owner_of(self, user: User | None) -> str:
        """The person's name."""
        return user.username if user else ""

    def standing_of(self, owner: str) -> str | None:
        """Secret, role and last day of a person, and how people are known."""
        found = self.everybody.person(owner)
        if found is None or found.is_over(_today()):
            return None
        return json.dumps([self.method, found.secret, found.role, str(found.expires)])

    def user_named(self, name: str) -> User | None:
        """The user of a person whose time is not over."""
        found = self.everybody.person(name)
        return None if found is None or found.is_over(_today()) else super().user_named(name)

    async def _get_user(self, handler: web.RequestHandler) -> User | None:
        if self.method == "header":
            return self._named_by_proxy(handler)
        return await super()._get_user(handler)

    def _named_by_proxy(self, handler: web.RequestHandler) -> User | None:
        if handler.request.remote_ip not in self.everybody.proxies:
            return None
        return self.user_named(handler.request.headers.get(self.everybody.header, ""))

    def address_of(self, handler: web.RequestHandler) -> str:
        """Where a request comes from; behind a proxy that names people, as it says."""
        if self.method != "header":
            return super().address_of(handler)
        heard = handler.request.headers.get("X-Forwarded-For", "")
        return address_of(str(handler.request.remote_ip), heard, self.everybody.proxies)

    def parted(self, token: str) -> tuple[str, str]:
        """The name in a token, and its secret."""
        name, _, secret = token.partition(".")
        return name, secret

    async def verified(self, name: str, secret: str) -> tuple[User | None, str]:
        """The user of a person, checked beside the server's loop: one hash takes a tenth of a second."""
        found, why = await self.gate.beside(known_by, self.everybody, name, secret, today=_today())
        return (self.user_named(found.name) if found else None), why

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Never as far as origins go: posts carry the token of their form."""
        return False


def identity_of(handler: JupyterHandler) -> SealedIdentity:
    """What knows people at the server that a handler belongs to."""
    return cast(SealedIdentity, handler.identity_provider)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


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
    """The role of who asks; empty where what is served has one token for all."""
    provider = handler.identity_provider
    person = provider.person_of(handler.current_user) if isinstance(provider, PeopleIdentity) else None
    return person.role if person else ""


def tell_kernel(handler: JupyterHandler) -> None:
    """Put who asks, and their role, where Voila hands them to the kernel, whatever the browser said."""
    role = role_of(handler)
    handler.request.headers[WHO_HEADER] = handler.current_user.username if role else ""
    handler.request.headers[ROLE_HEADER] = role


def as_visitor() -> tuple[str, str] | None:
    """Who looks at the page whose kernel this process is."""
    return visitor(os.environ)
