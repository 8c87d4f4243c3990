"""How many pages may be open at the same time, and that the kernel of a closed one ends."""

from __future__ import annotations

import asyncio
import csv
import http.client
import socket
import time
from importlib import resources
from pathlib import Path

import pytest
from patience import HANGS
from people_site import ALL, SLOW, comes_to, page, site
from serving import ROOT, kernels_of, served, write_folder
from tornado import web

from riskkit.workbench.commands import cli
from riskkit.workbench.serving.dashboards import dashboard_config
from riskkit.workbench.serving.kernels import PageKernels
from riskkit.workbench.serving.limits import limit, serving_limits
from riskkit.workbench.serving.people import People, Person, new_token
from riskkit.workbench.serving.serve import lab_config

TOKENS = {name: new_token(name) for name in ("e1", "li")}
TWO = People("token", (Person("e1", "expert", TOKENS["e1"][1]), Person("li", "chair", TOKENS["li"][1])))
HOLDER = "a-token-for-tests-only"


def test_the_kernel_of_a_closed_or_vanished_page_ends_within_30_seconds(tmp_path: Path) -> None:
    config = dashboard_config(host="127.0.0.1", port=1, lang="zh", notebooks=tmp_path, token=HOLDER)
    pings = config.Voila.tornado_settings
    noticed = (pings["ws_ping_interval"] + pings["ws_ping_timeout"]) / 1000
    assert noticed + limit("closed_seconds") <= 28  # two seconds to end it


def test_a_visit_without_a_connection_ends_in_time(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, closed_seconds=3.0) as running:
        running.kernel(running.cookie(HOLDER))
        assert running.kernels() == 1
        assert comes_to(running.kernels, 0)


def test_a_page_keeps_its_kernel_while_it_is_connected_and_through_a_reconnection(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, closed_seconds=3.0) as running:
        cookie = running.cookie(HOLDER)

        async def stay(kernel: str) -> None:
            async with running.connect(kernel, cookie):
                ends = time.monotonic() + 5
                while time.monotonic() < ends:  # longer than a closed page would live
                    assert running.kernels() == 1
                    await asyncio.sleep(0.2)

        kernel = running.kernel(cookie)
        asyncio.run(stay(kernel))
        asyncio.run(stay(kernel))
        assert running.kernels() == 1
        assert comes_to(running.kernels, 0)


def test_a_browser_that_vanishes_without_closing_its_connection_holds_no_kernel(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, closed_seconds=3.0) as running:
        cookie = running.cookie(HOLDER)
        kernel = running.kernel(cookie)
        asked = [
            f"GET /api/kernels/{kernel}/channels?session_id=gone HTTP/1.1", f"Host: {running.host}:{running.port}",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Cookie: {cookie}", f"Origin: {running.origin}", "", "",
        ]  # fmt: skip
        with socket.create_connection((running.host, running.port), timeout=HANGS) as line:
            line.sendall("\r\n".join(asked).encode())
            assert line.recv(12) == b"HTTP/1.1 101"
            assert comes_to(running.kernels, 0)  # pings are not answered from here on


def test_a_visitor_who_leaves_while_the_page_is_made_leaves_no_kernel(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, closed_seconds=2.0) as running:
        cookie = running.cookie(HOLDER)
        line = http.client.HTTPConnection(running.host, running.port, timeout=60)
        line.request("GET", page(SLOW), headers={"Cookie": cookie})
        assert comes_to(running.kernels, 1)
        line.close()
        assert comes_to(running.kernels, 0)


def test_beyond_the_limit_a_page_says_so_and_a_closed_page_makes_room(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, most=2, closed_seconds=5.0) as running:
        cookie = running.cookie(HOLDER)
        assert running.said["limits"] == {"most": 2, "each": 2, "seconds": 5.0}
        kernels = [running.kernel(cookie) for _ in range(2)]

        async def hold_both() -> None:
            first, second = (running.connect(kernel, cookie) for kernel in kernels)
            async with first, second:
                for lang, words in (("en", "Every place is taken"), ("zh", "暂时没有空位")):
                    status, more, text = await asyncio.to_thread(running.ask, page(ALL, lang), Cookie=cookie)
                    assert (status, more["wait"]) == (503, "5")
                    assert words in text and "2" in text and f'href="{page(ALL, lang)}"' in text
                assert running.kernels() == 2

        asyncio.run(hold_both())
        assert comes_to(lambda: running.ask(page(ALL), Cookie=cookie)[0], 200)


def test_many_visits_at_once_start_no_more_kernels_than_allowed(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, most=2, closed_seconds=300.0) as running:
        cookie = running.cookie(HOLDER)

        async def all_at_once() -> list[int]:
            asked = [asyncio.to_thread(running.ask, page(ALL), Cookie=cookie) for _ in range(8)]
            return [status for status, _, _ in await asyncio.gather(*asked)]

        statuses = asyncio.run(all_at_once())
        assert sorted(statuses) == [200] * 2 + [503] * 6
        assert running.kernels() == 2


def test_one_person_cannot_take_every_place(tmp_path: Path) -> None:
    with site(tmp_path, TWO, most=3, most_each=1, closed_seconds=300.0) as running:
        mine, other = running.cookie(TOKENS["e1"][0]), running.cookie(TOKENS["li"][0])
        running.kernel(mine)
        status, more, text = running.ask(page(ALL), Cookie=mine)
        assert status == 503 and int(more["wait"]) >= 1
        assert "as many as one person may have" in text
        running.kernel(other)


def test_a_refused_address_takes_no_place(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, most=1, closed_seconds=300.0) as running:
        cookie = running.cookie(HOLDER)
        for _ in range(3):
            assert running.ask(f"{page(ALL)}&nope=1", Cookie=cookie)[0] == 400
        running.kernel(cookie)


def test_the_lab_has_a_limit_too_and_closing_a_tab_there_stops_no_work(tmp_path: Path) -> None:
    write_folder(tmp_path)
    config = lab_config(host="127.0.0.1", port=1, lang="zh", notebooks=tmp_path, token=HOLDER)
    assert config.ServerApp.kernel_manager_class is PageKernels
    assert config.PageKernels.most == serving_limits().most
    assert config.PageKernels.closed_seconds == 0
    with served(tmp_path, what="lab") as running:
        assert running.get("/api/kernels", method="POST")[0] == 201
        assert len(kernels_of(running.process.pid)) == 1

    async def fill() -> int:
        kernels = PageKernels(most=1)
        kernels.take_place("", "")
        with pytest.raises(web.HTTPError) as full:
            await kernels.start_kernel(kernel_name="python3")
        return full.value.status_code

    assert asyncio.run(fill()) == 503


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("页面数", "15 秒", "15 次", "不填为 15")),
        ("en", ("503", "15 s", "15 wrong", "page ends; 15 when left out")),
    ],
)
def test_the_limits_stand_in_the_help_and_in_a_table(
    lang: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["dashboard", "--help", "--lang", lang]) == 0
    text = " ".join(capsys.readouterr().out.split())  # as if it had not been wrapped
    assert all(word in text for word in words)
    assert all(option in text for option in ("--pages", "--pages-each", "--closed-after", "--proxy"))
    source = resources.files("riskkit.workbench.serving") / "served" / "limits.csv"
    rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
    assert all(row["zh"] and row["en"] and row["unit"] and float(row["value"]) > 0 for row in rows)
    named = {
        "closed_seconds": 15,
        "free_guesses_address": 15,
        "free_guesses_name": 30,
        "kernels_per_person": 8,
    }
    assert {key: limit(key) for key in named} == named  # what the help says


def test_the_default_limit_depends_on_memory_and_cores_and_an_option_changes_it() -> None:
    assert 2 <= serving_limits().most <= limit("kernels_at_most")
    assert serving_limits(3, 9, 1.0).most_each == 3
    assert (ROOT / "docs" / "serving.md").read_text(encoding="utf-8").count("--pages") >= 1
