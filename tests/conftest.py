"""What all tests share: patience under load, and the same generated examples on every machine that builds."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from riskkit.foundation.language import set_language
from riskkit.workbench.runs.kernels.warmed import ONE_THREAD

# Before numpy is imported: as many workers as processors, each with as many threads for sums of ten numbers, wait for
# one another; a plan of 60 cells takes eight times as long then.
assert "numpy" not in sys.modules
os.environ.update(ONE_THREAD)
gc.disable()  # what ten thousand tests consist of stays; to look through it again and again takes a fifth of collecting


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, for servers and browsers are waited for; each takes about 1.5 GB."""
    by_memory = int(psutil.virtual_memory().total // 1_500_000_000)
    return max(1, min((os.cpu_count() or 1) + 1, by_memory))


def pytest_collection_finish() -> None:
    """From here on, what is left behind is collected; what was there before stays out of it."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """At the end all of it is collected, or libraries in C++ tell of what was left."""
    gc.unfreeze()


patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", patient, max_examples=25)  # others each time; make properties draws many
settings.register_profile("build", patient, max_examples=25, derandomize=True)
settings.register_profile("thorough", patient, max_examples=250)
settings.load_profile("build" if os.environ.get("CI") else "house")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results that tests keep lie in a folder of their own; servers and kernels that they start find it too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def audible(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the access log says is heard, though a server of this process kept its lines to itself or import-linter disabled it."""
    log = logging.getLogger("riskkit.access")
    monkeypatch.setattr(log, "propagate", True)
    monkeypatch.setattr(log, "disabled", False)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Each test begins in English, whatever the one before it chose."""
    set_language("en")
    yield
    set_language("en")


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A PostgreSQL server for all ledgers of this process, where it is installed."""
    import ledgers

    with ledgers.postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty ledger lies: a file, then a server."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    import ledgers

    return ledgers.emptied(request.getfixturevalue("database"))
