"""Invitations to a session: for each person a link with a token of their own, in both languages."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode, urlsplit

from riskkit.assessment.committee.session import Session
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.language import LANGS, in_language, language
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.serving.people import People, Person, Role, new_token, with_person

_PAGES: dict[Role, str] = {"chair": "committee_session", "expert": "committee_ballot"}


def to_invite(now: Session, people: People, *, only: str = "") -> dict[str, Role]:
    """Whom a session waits for and has no access yet, each with the role; one person anew when named."""
    wanted: dict[str, Role] = dict.fromkeys((one.id for one in now.voters), "expert")
    wanted[now.chair] = "chair"
    faults = [] if people.method == "token" else [Fault("method", people.method, "people known by token")]
    unknown = only and only not in wanted
    faults += [Fault("--expert", shown(only), RuleText("one of {}", ", ".join(wanted)))] if unknown else []
    roles = {name: one.role for name in wanted if (one := people.person(name))}
    faults += [
        Fault(f"people {name} role", roles[name], RuleText("the role {}", role))
        for name, role in wanted.items()
        if roles.get(name, role) != role
    ]
    refuse("invite", faults)
    return {name: role for name, role in wanted.items() if (name == only if only else name not in roles)}


def invited(
    now: Session, people: People, who: dict[str, Role], *, address: str, ends: dt.date | None
) -> tuple[People, dict[str, str]]:
    """The people with those who are invited, and the message to each, which alone holds the token."""
    parts = urlsplit(address)
    is_fine = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
    refuse("invite", [] if is_fine else [Fault("--url", shown(address), "http:// or https:// and a host")])
    messages = {}
    for name, role in who.items():
        token, secret = new_token(name)
        people = with_person(people, Person(name=name, role=role, secret=secret, expires=ends))
        messages[name] = "\n\n".join(
            in_language(lang, _message, now, name, role, token=token, address=address, ends=ends)
            for lang in LANGS
        )
    return people, messages


def _link(now: Session, role: Role, *, token: str, address: str) -> str:
    asked = urlencode({"session": now.id, "lang": language(), "token": token})
    return f"{address.rstrip('/')}/voila/render/dashboards/{_PAGES[role]}.ipynb?{asked}"


def _message(now: Session, name: str, role: Role, *, token: str, address: str, ends: dt.date | None) -> str:
    expert = now.expert(name)
    link = _link(now, role, token=token, address=address)
    title = now.title_zh if language() == "zh" else now.title_en
    facts = {"name": expert.name if expert else name, "title": title, "session": now.id, "link": link}
    until = say("invite_until", day=ends.isoformat()) if ends else ""
    return say(f"invite_{role}", **facts) + until
