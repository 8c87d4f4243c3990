"""Who may use what is served: tokens, passwords, a proxy's header; roles, ends of access and of sessions."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from patience import HANGS
from people_site import Site, page, site, websocket

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.commands import cli
from riskkit.workbench.serving import identity
from riskkit.workbench.serving.people import (
    People,
    Person,
    hashed,
    known_by,
    new_token,
    read_people,
    with_person,
    write_people,
)
from riskkit.workbench.serving.serve import serve_dashboard

TODAY = dt.datetime.now(dt.UTC).date()


# -- the file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('method = "magic"\n', "token"),
        ('method = "token"\n[[people]]\nname = "e1"\nrole = "expert"\n', "an Argon2 hash"),
        ('method = "header"\n[[people]]\nname = "e1"\nrole = "king"\n', "assessor"),
        ('method = "header"\n[[people]]\nname = "E 1"\nrole = "expert"\n', ""),
        ('method = "header"\nsession_minutes = 0\n', ""),
        ('method = "header"\nsurplus = 1\n', ""),
        ('method = "header"\n' + '[[people]]\nname = "e1"\nrole = "expert"\n' * 2, "stand once"),
    ],
)
def test_a_faulty_file_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "access.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        serve_dashboard(people=path, open_browser=False)
    assert said in "; ".join(fault.rule for fault in caught.value.faults)


def test_a_token_is_kept_as_a_hash_only(tmp_path: Path) -> None:
    token, kept = new_token("e1")
    path = tmp_path / "access.toml"
    write_people(path, with_person(People("token"), Person("e1", "expert", kept, TODAY)))
    text = path.read_text(encoding="utf-8")
    name, _, secret = token.partition(".")
    assert secret not in text and "$argon2id$" in text
    assert path.stat().st_mode & 0o077 == 0
    everybody = read_people(path)
    assert known_by(everybody, name, secret, today=TODAY)[0] == everybody.person("e1")
    assert known_by(everybody, name, secret + "x", today=TODAY) == (None, "wrong")
    assert known_by(everybody, name, secret, today=TODAY + dt.timedelta(days=1)) == (None, "expired")


def test_the_command_adds_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "a.toml")
    assert (
        cli.main(["access", "add", "e1", "--role", "expert", "--access", file, "--days", "7", "--json"]) == 0
    )
    first = json.loads(capsys.readouterr().out)
    assert first["expires"] == (TODAY + dt.timedelta(days=7)).isoformat()
    assert cli.main(["access", "add", "e1", "--role", "chair", "--access", file, "--lang", "zh"]) == 0
    assert "只显示这一次" in capsys.readouterr().out
    everybody = read_people(Path(file))
    assert [one.role for one in everybody.people] == ["chair"]
    assert known_by(everybody, "e1", first["token"].partition(".")[2], today=TODAY) == (None, "wrong")
    assert cli.main(["access", "add", "E 1", "--role", "chair", "--access", file]) == 2


# -- served ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokens() -> dict[str, tuple[str, str]]:
    return {name: new_token(name) for name in ("e1", "li", "old")}


@pytest.fixture(scope="module")
def by_token(tmp_path_factory: pytest.TempPathFactory, tokens: dict[str, tuple[str, str]]) -> Iterator[Site]:
    people = (
        Person("e1", "expert", tokens["e1"][1]),
        Person("li", "chair", tokens["li"][1]),
        Person("old", "expert", tokens["old"][1], TODAY - dt.timedelta(days=1)),
    )
    with site(tmp_path_factory.mktemp("token"), People("token", people, session_minutes=60)) as running:
        yield running


def test_a_role_sees_only_its_pages(by_token: Site, tokens: dict[str, tuple[str, str]]) -> None:
    for name, mine, other in (("e1", "for_experts", "for_chairs"), ("li", "for_chairs", "for_experts")):
        sent = {"Authorization": f"token {tokens[name][0]}"}
        status, _, text = by_token.ask("/?lang=en", **sent)
        assert (status, mine in text, other in text, "for_all" in text) == (200, True, False, True)
        assert by_token.ask(page(f"dashboards/{other}"), **sent)[0] == 404
    status, _, text = by_token.ask(page("dashboards/for_experts"), Authorization=f"token {tokens['e1'][0]}")
    assert status == 200 and "seen [e1] [expert]" in text


def test_what_a_browser_says_of_itself_is_overwritten(
    by_token: Site, tokens: dict[str, tuple[str, str]]
) -> None:
    sent = {"Authorization": f"token {tokens['e1'][0]}", "X-Riskkit-Who": "li", "X-Riskkit-Role": "chair"}
    status, _, text = by_token.ask(page("for_all"), **sent)
    assert status == 200 and "seen [e1] [expert]" in text


def test_an_expired_token_is_told_so_and_others_get_nothing(
    by_token: Site, tokens: dict[str, tuple[str, str]]
) -> None:
    status, _, text = by_token.ask("/", Authorization=f"token {tokens['old'][0]}")
    assert status == 401 and "expired" in text
    for wrong in ("", "e1", "e1.", "e1.wrong", tokens["li"][0].replace("li.", "e1."), "nobody.x", "x" * 5000):
        status, _, text = by_token.ask("/", **({"Authorization": f"token {wrong}"} if wrong else {}))
        assert (status, "for_all" in text) == (403, False)
    assert by_token.ask("/", X_Remote_User="li")[0] == 403


def test_a_cookie_carries_the_name_and_no_other_name_can_be_put_in(by_token: Site, tokens: dict[str, tuple[str, str]]) -> None:  # fmt: skip
    status, more, _ = by_token.ask(f"/?token={tokens['e1'][0]}")
    assert status == 302 and "token" not in more["to"]
    cookie = "; ".join(f"{name}={value}" for name, value in more["cookies"].items())
    assert by_token.ask("/", Cookie=cookie)[0] == 200
    assert tokens["e1"][0].partition(".")[2] not in cookie
    changed = re.sub(r"\|([0-9a-f]{63})[0-9a-f]", r"|\g<1>x", cookie)
    assert by_token.ask("/", Cookie=changed)[0] == 403


def test_a_session_ends(tmp_path: Path) -> None:
    write_people(tmp_path / "a.toml", People("header", (Person("e1", "expert"),), session_minutes=60))
    provider = identity.PeopleIdentity(access_file=str(tmp_path / "a.toml"))
    _ = provider.everybody
    assert provider.get_secure_cookie_kwargs == {"max_age_days": 60 / 1440}
    assert provider.cookie_options["expires_days"] == 60 / 1440
    cookie = provider.user_to_cookie(identity.User(username="e1"))
    assert provider.user_from_cookie(cookie).username == "e1"  # type: ignore[union-attr]
    assert provider.user_from_cookie(provider.user_to_cookie(identity.User(username="gone"))) is None


def test_a_proxys_header_is_believed_from_the_proxy_only(tmp_path: Path) -> None:
    people = People(
        "header", (Person("e1", "expert"), Person("old", "chair", "", TODAY - dt.timedelta(days=1)))
    )
    with site(tmp_path, people) as running:
        assert running.ask("/?lang=en", X_Remote_User="e1")[0] == 200
        for name in ("nobody", "old", ""):
            assert running.ask("/", X_Remote_User=name)[0] == 403
        assert running.ask("/", X_Forwarded_For="127.0.0.1")[0] == 403
    write_people(tmp_path / "b.toml", People("header", (Person("e1", "expert"),), proxies=("10.0.0.9",)))
    provider = identity.PeopleIdentity(access_file=str(tmp_path / "b.toml"))
    request = SimpleNamespace(remote_ip="10.0.0.8", headers={"X-Remote-User": "e1"})
    assert provider._named_by_proxy(SimpleNamespace(request=request)) is None


def test_a_password_lets_in_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    people = People("password", (Person("li", "chair", hashed("correct horse battery")),))
    with site(tmp_path, people) as running:
        status, more, _ = running.ask("/")
        assert status == 302
        assert more["to"].startswith("/login")
        status, more, text = running.ask("/login?lang=en")
        assert status == 200 and "Sign in" in text
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', text)
        assert xsrf is not None
        kept = "; ".join(f"{name}={value}" for name, value in more["cookies"].items())

        def sign_in(password: str, cookie: str = kept) -> tuple[int, dict[str, Any], str]:
            body = urlencode({"_xsrf": xsrf[1], "name": "li", "password": password})
            form = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie}
            return running.ask("/login?lang=en", "POST", body, **form)

        assert sign_in("wrong horse battery")[0] == 403
        assert sign_in("correct horse battery", "")[0] == 403  # a post from another site has no cookie
        status, more, _ = sign_in("correct horse battery")
        assert status == 302
        cookie = "; ".join(f"{name}={value}" for name, value in more["cookies"].items())
        status, _, text = running.ask("/?lang=en", Cookie=cookie)
        assert status == 200 and "for_chairs" in text and "for_experts" not in text
        assert running.ask("/", Authorization="token correct horse battery")[0] == 302


def test_only_kernels_of_pages_may_be_used(tmp_path: Path) -> None:
    write_people(tmp_path / "a.toml", People("header", (Person("e1", "expert"),)))
    provider = identity.PeopleIdentity(access_file=str(tmp_path / "a.toml"))
    rule = identity.RoleAuthorizer(identity_provider=provider)
    handler: Any = SimpleNamespace()
    assert rule.is_authorized(handler, identity.User(username="e1"), "execute", "kernels")
    assert not rule.is_authorized(handler, identity.User(username="e1"), "read", "contents")
    assert not rule.is_authorized(handler, identity.User(username="gone"), "execute", "kernels")


def test_a_page_takes_no_code_from_its_visitor(
    by_token: Site, tokens: dict[str, tuple[str, str]], tmp_path: Path
) -> None:
    """Whose kernel reads ballots may not be told to read others': code sent to it is not run."""
    sent = {"Authorization": f"token {tokens['e1'][0]}"}
    status, _, text = by_token.ask(page("for_all"), **sent)
    found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', text)
    assert status == 200 and found is not None
    mark = tmp_path / "ran"
    code = f"open({str(mark)!r}, 'w').close()"
    address = f"ws://{by_token.host}:{by_token.port}/api/kernels/{found[1]}/channels"

    def message(kind: str, **content: Any) -> str:
        head = {
            "msg_id": kind,
            "msg_type": kind,
            "session": "s",
            "username": "",
            "version": "5.3",
            "date": "",
        }
        rest = {"parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        return json.dumps({"header": head, **rest})

    async def try_it() -> list[str]:
        told = {**sent, "Origin": f"http://{by_token.host}:{by_token.port}"}
        async with websocket(address, **told) as line:
            await line.write_message(message("execute_request", code=code, silent=False, store_history=False))
            await line.write_message(message("kernel_info_request"))
            seen: list[str] = []
            while "kernel_info_request" not in seen:  # the kernel answers in order
                answer = await asyncio.wait_for(line.read_message(), HANGS)
                if isinstance(answer, str):
                    seen.append(json.loads(answer)["parent_header"].get("msg_id", ""))
            return seen

    seen = asyncio.run(try_it())
    assert "execute_request" not in seen
    assert not mark.exists()


@pytest.mark.parametrize(("name", "why"), [("old", "expired"), ("e1", "wrong"), ("nobody\n", "wrong")])
def test_a_refused_token_is_logged_without_its_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, why: str
) -> None:
    gone = Person("old", "chair", hashed("s3cret-s3cret"), TODAY - dt.timedelta(days=1))
    write_people(tmp_path / "a.toml", People("token", (gone, Person("e1", "expert", hashed("another-one")))))
    provider = identity.PeopleIdentity(access_file=str(tmp_path / "a.toml"))
    request = SimpleNamespace(remote_ip="127.0.0.1", headers={"Authorization": f"token {name}.s3cret-s3cret"})
    handler: Any = SimpleNamespace(request=request, get_argument=lambda *_: "")
    assert asyncio.run(provider.get_user_token(handler)) is None
    assert handler.riskkit_refused == why
    assert f"({why})" in caplog.text and "s3cret" not in caplog.text
    assert "\n" not in caplog.records[-1].getMessage()
