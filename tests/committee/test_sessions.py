"""Access ends while it is served: people leave the file, get new secrets or roles, and sign out."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from people_site import ALL, SLOW, Site, comes_to, page, site
from tornado.httpclient import HTTPClientError

from riskkit.workbench.commands import cli
from riskkit.workbench.serving import people
from riskkit.workbench.serving.people import (
    People,
    PeopleFile,
    Person,
    hashed,
    new_token,
    read_people,
    with_person,
    write_people,
)

YESTERDAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
TOKENS = {name: new_token(name) for name in ("e1", "li")}
E1, LI = Person("e1", "expert", TOKENS["e1"][1]), Person("li", "chair", TOKENS["li"][1])
TWO = People("token", (E1, LI))
HOLDER = "a-token-for-tests-only"


async def _until_closed(line: Any) -> int | None:
    """Read a connection until the server closes it; the code it closed with."""
    while await asyncio.wait_for(line.read_message(), 60) is not None:
        pass
    line.close()  # or its end is reported as unclosed
    return int(line.close_code)


@pytest.mark.parametrize(
    "change",
    [
        lambda people: replace(people, people=(LI,)),
        lambda people: with_person(people, replace(E1, secret=new_token("e1")[1])),
        lambda people: with_person(people, replace(E1, role="chair")),
        lambda people: with_person(people, replace(E1, expires=YESTERDAY)),
    ],
    ids=["removed", "new token", "other role", "time over"],
)
def test_what_a_person_loses_in_the_file_ends_their_cookie_kernels_and_connections_at_once(
    tmp_path: Path, change: Callable[[People], People]
) -> None:
    with site(tmp_path, TWO) as running:
        mine, other = running.cookie(TOKENS["e1"][0]), running.cookie(TOKENS["li"][0])
        kernel = running.kernel(mine)

        async def change_while_connected() -> int | None:
            async with running.connect(kernel, mine) as line:
                write_people(tmp_path / "access.toml", change(TWO))
                return await _until_closed(line)

        assert asyncio.run(change_while_connected()) == 4401
        assert comes_to(running.kernels, 0)
        assert running.ask("/", Cookie=mine)[0] == 403
        assert running.ask(f"/api/kernels/{kernel}", Cookie=mine)[0] == 403
        assert running.ask("/", Cookie=other)[0] == 200
        still = read_people(tmp_path / "access.toml").person("e1")
        is_right_still = still is not None and still.secret == E1.secret and still.expires is None
        status = running.ask("/", Authorization=f"token {TOKENS['e1'][0]}")[0]
        assert (status == 200) is is_right_still
        assert "page ended with its session: e1" in running.log


def test_a_page_that_is_still_being_made_ends_with_its_session(tmp_path: Path) -> None:
    with site(tmp_path, TWO) as running:
        mine = running.cookie(TOKENS["e1"][0])

        async def leave_while_working() -> None:
            asking = asyncio.create_task(asyncio.to_thread(running.ask, page(SLOW), Cookie=mine))
            assert await asyncio.to_thread(comes_to, running.kernels, 1)
            write_people(tmp_path / "access.toml", replace(TWO, people=(LI,)))
            await asyncio.wait_for(asking, 60)

        asyncio.run(leave_while_working())
        assert comes_to(running.kernels, 0)


def test_the_command_removes_and_lists_people_and_the_server_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "access.toml")
    with site(tmp_path, TWO) as running:
        mine = running.cookie(TOKENS["e1"][0])
        assert cli.main(["access", "list", "--access", file, "--lang", "en"]) == 0
        listed = capsys.readouterr().out
        assert re.search(r"e1 +expert", listed) and re.search(r"li +chair", listed) and "argon2" not in listed
        assert cli.main(["access", "remove", "e1", "--access", file, "--lang", "zh"]) == 0
        assert "e1" in capsys.readouterr().out
        assert comes_to(lambda: running.ask("/", Cookie=mine)[0], 403)
        assert running.ask("/", Authorization=f"token {TOKENS['e1'][0]}")[0] == 403
    assert [one.name for one in read_people(Path(file)).people] == ["li"]
    assert cli.main(["access", "remove", "l1", "--access", file, "--lang", "en"]) == 2
    assert "li" in capsys.readouterr().err
    assert cli.main(["access", "list", "--access", str(tmp_path / "none.toml"), "--lang", "en"]) == 2


def test_a_new_token_takes_the_place_of_the_old_while_serving(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with site(tmp_path, TWO) as running:
        file = str(tmp_path / "access.toml")
        assert cli.main(["access", "add", "e1", "--role", "expert", "--access", file, "--json"]) == 0
        fresh = re.search(r'"token": "([^"]+)"', capsys.readouterr().out)
        assert fresh is not None
        assert running.ask("/", Authorization=f"token {fresh[1]}")[0] == 200
        assert running.ask("/", Authorization=f"token {TOKENS['e1'][0]}")[0] == 403


# -- the file while it changes ----------------------------------------------------------------------------


def test_a_faulty_change_leaves_the_last_good_state_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "access.toml"
    write_people(path, TWO)
    file = PeopleFile(path)
    path.write_text('method = "token"\n[[people]]\nname = "e1"\nrole = "ki', encoding="utf-8")
    assert file.people() == TWO
    assert "not taken over" in caplog.text
    write_people(path, replace(TWO, people=(LI,)))
    assert file.people().person("e1") is None


def test_without_the_file_nobody_is_let_in_but_a_moment_without_it_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "access.toml", [0.0]
    write_people(path, TWO)
    file = PeopleFile(path, clock=lambda: clock[0])
    path.unlink()
    assert file.people() == TWO
    clock[0] = people._GONE_SECONDS
    assert file.people().people == ()
    write_people(path, TWO)
    assert file.people() == TWO


def test_a_change_within_the_same_tick_of_the_clock_and_of_the_same_size_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "access.toml"
    write_people(path, TWO)
    at = path.stat()
    file = PeopleFile(path)
    other = replace(TWO, people=(replace(E1, secret=E1.secret[:-1] + "x"), LI))
    write_people(path, other)
    os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert path.stat().st_size == at.st_size and file.people() == other


def test_a_file_that_changes_while_it_is_read_is_not_taken_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = tmp_path / "access.toml", people.read_people
    write_people(path, TWO)
    file = PeopleFile(path)
    write_people(path, replace(TWO, people=(E1,)))

    def changed_meanwhile(place: Path) -> People:
        found = read(place)
        write_people(path, replace(TWO, people=(LI,)))
        return found

    monkeypatch.setattr(people, "read_people", changed_meanwhile)
    assert file.people() == TWO
    monkeypatch.setattr(people, "read_people", read)
    assert [one.name for one in file.people().people] == ["li"]


# -- signing out ------------------------------------------------------------------------------------------


def _signs_out(running: Site, cookie: str, *, to: str) -> None:
    kernel = running.kernel(cookie)
    assert running.ask("/sign-out", "POST", "", Cookie=cookie)[0] == 403  # without an origin
    assert running.ask("/sign-out", "POST", "", Cookie=cookie, Origin="http://evil.example")[0] == 403
    assert running.ask("/sign-out", Cookie=cookie)[0] == 405
    assert running.ask("/", Cookie=cookie)[0] == 200
    status, more, _ = running.sign_out(cookie)
    assert status == 303 and more["to"].startswith(to)
    assert comes_to(running.kernels, 0)
    for path in ("/", page(ALL), f"/api/kernels/{kernel}", "/voila/static/voila.js"):
        assert running.ask(path, Cookie=cookie)[0] in {302, 403}, path
    status, _, text = running.ask(more["to"])
    assert status == 200 and "You are signed out" in text


def test_signing_out_ends_the_cookie_on_the_server_and_the_pages_and_nobody_elses(tmp_path: Path) -> None:
    with site(tmp_path, TWO) as running:
        other = running.cookie(TOKENS["li"][0])
        _signs_out(running, running.cookie(TOKENS["e1"][0]), to="/sign-in")
        assert running.ask("/", Cookie=other)[0] == 200
        assert running.ask("/", Authorization=f"token {TOKENS['e1'][0]}")[0] == 200
        assert "signed in: e1 by token from 127.0.0.1" in running.log
        assert "signed out: e1 from 127.0.0.1" in running.log
        assert TOKENS["e1"][0].partition(".")[2] not in running.log


def test_signing_out_where_one_token_is_for_all_and_in_again_on_a_page(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER) as running:
        _signs_out(running, running.cookie(HOLDER), to="/sign-in")
        status, _, text = running.ask("/sign-in?lang=zh")
        assert status == 200 and "令牌" in text and 'name="secret"' in text
        assert running.sign_in("/sign-in", secret="wrong-but-long-enough")[0] == 403
        status, more, _ = running.sign_in("/sign-in", secret=HOLDER)
        assert status == 302
        cookie = "; ".join(f"{name}={value}" for name, value in more["cookies"].items())
        assert running.ask("/", Cookie=cookie)[0] == 200
        assert HOLDER not in running.log


def test_a_new_password_ends_the_session_and_signing_in_asks_for_it(tmp_path: Path) -> None:
    person = Person("li", "chair", hashed("correct horse battery"))
    with site(tmp_path, People("password", (person,))) as running:
        signed = running.sign_in("/login", name="li", password="correct horse battery")
        assert signed[0] == 302
        cookie = "; ".join(f"{name}={value}" for name, value in signed[1]["cookies"].items())
        assert running.ask("/", Cookie=cookie)[0] == 200
        changed = replace(person, secret=hashed("another horse battery"))
        write_people(tmp_path / "access.toml", People("password", (changed,)))
        assert running.ask("/", Cookie=cookie)[0] == 302
        assert running.sign_in("/login", name="li", password="correct horse battery")[0] == 403
        assert running.sign_in("/login", name="li", password="another horse battery")[0] == 302


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_has_a_button_to_sign_out(tmp_path: Path, lang: str) -> None:
    with site(tmp_path, TWO) as running:
        mine = running.cookie(TOKENS["e1"][0])
        word = {"zh": "退出登录", "en": "Sign out"}[lang]
        landing = running.ask(f"/?lang={lang}", Cookie=mine)[2]
        assert word in landing and "e1" in landing and 'action="/sign-out?lang=' in landing
        text = running.ask(page(ALL, lang), Cookie=mine)[2]
        words = word if lang == "en" else word.encode("unicode_escape").decode()
        assert words in text and "sign-out?lang=" in text and '"e1"' in text


# -- whose kernel it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/kernels/{kernel}"),
        ("DELETE", "/api/kernels/{kernel}"),
        ("GET", "/api/kernels/{kernel}/channels"),
        ("POST", "/api/kernels/{kernel}/interrupt"),
        ("POST", "/api/kernels/{kernel}/restart"),
        ("POST", "/voila/api/shutdown/{kernel}"),
        ("GET", "/voila/execution/{kernel}"),
        ("GET", "/voila/query/{kernel}"),
    ],
)
@pytest.mark.usefixtures("two_people")
def test_a_kernel_answers_only_who_opened_its_page(two_people: Any, method: str, path: str) -> None:
    running, kernel, mine, other = two_people
    xsrf = running.ask("/sign-in", Cookie=other)[1]["cookies"].get("_xsrf", "")
    sent = {"Origin": running.origin, "X-XSRFToken": xsrf}
    cookie = f"{other}; _xsrf={xsrf}" if xsrf else other
    status, _, text = running.ask(path.format(kernel=kernel), method, "", Cookie=cookie, **sent)
    assert status in {403, 404}, (status, text)
    assert "execution_state" not in text
    assert running.ask(f"/api/kernels/{kernel}", Cookie=mine)[0] == 200
    assert running.kernels() == 1


def test_nobody_else_may_connect_to_a_kernel(two_people: Any) -> None:
    running, kernel, mine, other = two_people

    async def connect(cookie: str) -> int:
        try:
            async with running.connect(kernel, cookie):
                return 101
        except HTTPClientError as refused:
            return refused.code

    assert asyncio.run(connect(other)) == 403
    assert asyncio.run(connect("")) == 403
    assert asyncio.run(connect(mine)) == 101


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with site(tmp_path_factory.mktemp("two"), TWO, closed_seconds=600.0) as running:
        mine, other = running.cookie(TOKENS["e1"][0]), running.cookie(TOKENS["li"][0])
        yield running, running.kernel(mine), mine, other
