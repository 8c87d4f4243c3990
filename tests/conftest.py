"""What all tests share: patience under load, and the same generated examples on every machine that builds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from riskkit.foundation.language import set_language

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", patient)
settings.register_profile("build", patient, derandomize=True)
settings.load_profile("build" if os.environ.get("CI") else "house")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results that tests keep lie in a folder of their own; servers and kernels that they start find it too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Each test begins in English, whatever the one before it chose."""
    set_language("en")
    yield
    set_language("en")
