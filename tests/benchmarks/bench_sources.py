"""Rows a second through the readers and out of the made register."""

from __future__ import annotations

import numpy as np
from measure import cpu_seconds, say
from native_files import FIXTURES, fixture, reader

from riskkit.monitoring.sources.sample_register import sample_register

N = 100_000


def test_made_rows_a_second() -> None:
    took = cpu_seconds(lambda: sample_register(N, rng=np.random.default_rng(1)), runs=3)
    say("made register, 10^5 rows", rows_per_s=N / took)
    assert N / took >= 20_000


def test_readers_on_a_hundred_thousand_rows() -> None:
    sheets = sample_register(N, rng=np.random.default_rng(1)).sheets
    for name, rows in sheets.items():
        many = rows.iloc[np.arange(N) % len(rows)]
        took = cpu_seconds(lambda many=many, name=name: reader(name).to_records(many), runs=3)
        say(f"{name}, rows", rows_per_s=len(many) / took)
        assert len(many) / took >= 60_000
    for name, source in FIXTURES.items():
        native = fixture(name)
        many = native.iloc[np.arange(N) % len(native)]
        took = cpu_seconds(lambda many=many, source=source: reader(source).to_records(many), runs=3)
        say(f"{name}, rows", rows_per_s=len(many) / took)
        assert len(many) / took >= 60_000
