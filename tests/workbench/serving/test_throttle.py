"""Wrong tokens and passwords: slowed by address and by name, beside the loop, and never for somebody else."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from people_site import as_cookie, comes_to, site

from riskkit.workbench.serving import gate
from riskkit.workbench.serving.gate import Gate, Throttle, address_of
from riskkit.workbench.serving.limits import limit
from riskkit.workbench.serving.people import People, Person, hashed, new_token

FREE, FREE_NAME = int(limit("free_guesses_address")), int(limit("free_guesses_name"))
TOKENS = {name: new_token(name) for name in ("e1", "li")}
TWO = People("token", (Person("e1", "expert", TOKENS["e1"][1]), Person("li", "chair", TOKENS["li"][1])))
HERE, THERE = "127.0.0.2", "127.0.0.3"
HOLDER = "a-token-for-tests-only"
LONG = 200.0
"""Seconds of the first wait where a slow machine must not come to its end."""


def test_each_wrong_one_beyond_the_free_ones_doubles_the_wait_up_to_a_limit() -> None:
    counted, waits, now = Throttle(), [], 0.0
    for _ in range(FREE + 12):
        now += counted.wait("192.0.2.1", "e1", now=now)
        counted.wrong("192.0.2.1", "e1", now=now)
        waits.append(counted.wait("192.0.2.1", "e1", now=now))
    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 4] == pytest.approx([1, 2, 4, 8, 16])
    assert waits[-1] == pytest.approx(limit("longest_wait_seconds"))
    assert counted.wait("192.0.2.1", "e1", now=now + limit("forget_seconds") + 1) == 0


def test_one_guesser_locks_nobody_out_and_many_make_only_new_addresses_wait() -> None:
    counted = Throttle()
    counted.right("198.51.100.9", "e1")
    for now in range(500):
        counted.wrong("192.0.2.1", "e1", now=float(now))
    assert counted.wait("192.0.2.2", "e1", now=500.0) == 0
    for n in range(FREE_NAME):
        counted.wrong(f"203.0.113.{n}", "e1", now=500.0)
    assert counted.wait("192.0.2.2", "e1", now=500.0) > 0
    assert counted.wait("192.0.2.2", "li", now=500.0) == 0
    assert counted.wait("198.51.100.9", "e1", now=500.0) == 0


def test_ones_own_token_frees_no_guesses() -> None:
    counted = Throttle()
    for _ in range(FREE):
        counted.wrong("192.0.2.1", "li", now=0.0)
        counted.right("192.0.2.1", "e1")
    assert counted.wait("192.0.2.1", "li", now=0.0) > 0


def test_the_memory_of_guessers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "limit", lambda key: 50.0 if key == "tracked_guessers" else limit(key))
    counted = Throttle()
    for n in range(2_000):
        counted.wrong(f"10.0.{n // 256}.{n % 256}", f"{n}-{'x' * 5_000}", now=float(n))
        counted.right(f"10.1.{n // 256}.{n % 256}", f"{n}")
    assert len(counted) <= 150


def test_a_subscriber_of_ipv6_is_one_guesser() -> None:
    counted = Throttle()
    for n in range(FREE):
        counted.wrong(f"2001:db8::{n:x}", "e1", now=0.0)
    assert counted.wait("2001:db8::ffff", "li", now=0.0) > 0
    assert counted.wait("2001:db8:1::1", "li", now=0.0) == 0


@pytest.mark.parametrize(
    ("peer", "heard", "proxies", "address"),
    [
        ("192.0.2.1", "6.6.6.6", (), "192.0.2.1"),
        ("192.0.2.1", "6.6.6.6", ("127.0.0.1",), "192.0.2.1"),
        ("127.0.0.1", "", ("127.0.0.1",), "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, 192.0.2.7", ("127.0.0.1",), "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, 10.0.0.1", ("127.0.0.1", "10.0.0.1"), "192.0.2.7"),
        ("127.0.0.1", "<script>", ("127.0.0.1",), "127.0.0.1"),
    ],
)
def test_the_forwarded_address_is_believed_of_a_proxy_only(
    peer: str, heard: str, proxies: tuple[str, ...], address: str
) -> None:
    assert address_of(peer, heard, proxies) == address


def test_checks_run_beside_the_loop_and_one_of_an_address_at_a_time() -> None:
    async def crowd() -> tuple[int, int]:
        gate, running, most, ticks = Gate(), 0, 0, 0
        release = threading.Event()

        async def guess() -> None:
            nonlocal running, most
            async with gate.turn("192.0.2.1", "e1"):
                running += 1
                most = max(most, running)
                await gate.beside(release.wait, 30)
                running -= 1

        guesses = [asyncio.create_task(guess()) for _ in range(4)]
        while ticks < 50:
            await asyncio.sleep(0)
            ticks += 1
        release.set()
        await asyncio.gather(*guesses)
        return most, ticks

    assert asyncio.run(crowd()) == (1, 50)


def test_too_many_waiting_are_turned_away_and_nothing_is_left_behind() -> None:
    async def crowd() -> tuple[float, int]:
        gate = Gate()
        release = asyncio.Event()

        async def wait_in(address: str) -> None:
            async with gate.turn(address, "e1"):
                await release.wait()

        tasks = [asyncio.create_task(wait_in(f"192.0.2.{n}")) for n in range(int(limit("checks_waiting")))]
        await asyncio.sleep(0)
        async with gate.turn("198.51.100.1", "e1") as wait:
            pass
        release.set()
        await asyncio.gather(*tasks)
        return wait, len(gate._turns) + len(gate._waiting)

    wait, left = asyncio.run(crowd())
    assert wait > 0 and left == 0


# -- served -----------------------------------------------------------------------------------------------


def test_guessers_get_429_while_others_sign_in_and_pages_stay_quick(tmp_path: Path) -> None:
    with site(tmp_path, TWO) as running:
        cookie = running.cookie(TOKENS["li"][0])
        stop = threading.Event()
        answers: list[tuple[int, str]] = []

        def page_seconds() -> float:
            start = time.monotonic()
            assert running.ask("/", Cookie=cookie)[0] == 200
            return time.monotonic() - start

        alone = sorted(page_seconds() for _ in range(5))[2]

        def guess(n: int) -> None:
            while not stop.is_set() and len(answers) < 5_000:
                status, more, _ = running.ask("/", via=HERE, Authorization=f"token e1.guess-{n}")
                answers.append((status, more["wait"]))

        with ThreadPoolExecutor(20) as guessers:
            busy = [guessers.submit(guess, n) for n in range(20)]
            try:
                assert comes_to(lambda: any(status == 429 for status, _ in answers), True)
                waits = sorted(page_seconds() for _ in range(10))
                start = time.monotonic()
                assert running.ask("/", via=THERE, Authorization=f"token {TOKENS['e1'][0]}")[0] == 200
                signed_in = time.monotonic() - start
            finally:
                stop.set()
            for one in busy:
                one.result()
        assert {status for status, _ in answers} == {403, 429}
        assert sum(status == 403 for status, _ in answers) <= FREE + 8  # a few more after each wait
        assert all(int(wait) >= 1 for status, wait in answers if status == 429)
        slow = 1 + alone / 0.02  # of a machine that needs longer than 20 ms for a page by itself
        assert waits[5] < 2.0 * slow and signed_in < 10.0 * slow  # it was 2.9 to 5.0 s for a page
        assert running.ask("/", via=HERE, Cookie=cookie)[0] == 200  # who is in stays in
        assert f"refused (wrong) for 'e1' from {HERE}" in running.log and "guess-" not in running.log


@pytest.mark.parametrize("header", [{}, {"X_Forwarded_For": "198.51.100.1"}])
def test_the_one_token_is_not_guessed_quickly_either(tmp_path: Path, header: dict[str, str]) -> None:
    with site(tmp_path, None, token=HOLDER, first_wait=LONG) as running:
        for n in range(FREE):
            wrong = f"token wrong-but-long-enough-{n}"
            assert running.ask("/", via=HERE, Authorization=wrong, **header)[0] == 403
        for token in ("wrong-again-but-long-enough", HOLDER):
            status, more, text = running.ask("/", via=HERE, Authorization=f"token {token}")
            assert (status, int(more["wait"]) >= 1) == (429, True) and "try again" in text
        assert running.ask("/", via=THERE, Authorization=f"token {HOLDER}")[0] == 200
        status, more, text = running.sign_in("/sign-in?lang=zh", via=HERE, secret=HOLDER)
        assert (status, int(more["wait"]) >= 1) == (429, True) and "秒后重试" in text


def test_after_the_wait_one_may_try_again(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER) as running:
        for n in range(FREE):
            running.ask("/", via=HERE, Authorization=f"token wrong-but-long-enough-{n}")
        assert comes_to(lambda: running.ask("/", via=HERE, Authorization=f"token {HOLDER}")[0], 200)


def test_behind_a_proxy_each_visitor_waits_alone(tmp_path: Path) -> None:
    with site(tmp_path, None, token=HOLDER, proxies=["127.0.0.1"], first_wait=LONG) as running:
        guesser = {"X_Forwarded_For": "6.6.6.6, 198.51.100.1"}
        for n in range(FREE):
            assert running.ask("/", Authorization=f"token wrong-but-long-enough-{n}", **guesser)[0] == 403
        assert running.ask("/", Authorization=f"token {HOLDER}", **guesser)[0] == 429
        other = {"X_Forwarded_For": "198.51.100.2"}
        assert running.ask("/", Authorization=f"token {HOLDER}", **other)[0] == 200
        assert "from 198.51.100.1" in running.log


def test_wrong_passwords_are_slowed_on_the_sign_in_page(tmp_path: Path) -> None:
    people = People("password", (Person("li", "chair", hashed("correct horse battery")),))
    with site(tmp_path, people, first_wait=LONG) as at:
        right = {"name": "li", "password": "correct horse battery"}
        for n in range(FREE):
            assert at.sign_in("/login", via=HERE, name="li", password=f"wrong horse {n}")[0] == 403
        status, more, text = at.sign_in("/login?lang=en", via=HERE, **right)
        assert (status, int(more["wait"]) >= 1) == (429, True) and "Try again in" in text
        status, more, _ = at.sign_in("/login", via=THERE, **right)
        assert status == 302 and at.ask("/", Cookie=as_cookie(more["cookies"]))[0] == 200
