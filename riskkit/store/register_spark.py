"""The records of a register for Spark, over the same Parquet files."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def spark_session(paths: Sequence[str], *, session: Any = None) -> Iterator[Any]:
    """A session of Spark that knows Parquet files as its table ``records``.

    Parameters
    ----------
    paths : sequence of str
        The files; every worker must be able to read them.
    session : SparkSession, optional
        The session of a cluster; one of this machine alone is started, and stopped, if not given.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("pyspark")
    >>> with spark_session(["a.parquet"]) as session:  # doctest: +SKIP
    ...     session.sql("select count(*) from records").toArrow()
    """
    ours = session is None
    if ours:
        found: Any = importlib.import_module("pyspark.sql")
        builder = found.SparkSession.builder.master("local[*]").appName("riskkit")
        settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC",
                    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}  # fmt: skip
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    try:
        session.read.parquet(*paths).createOrReplaceTempView("records")
        yield session
    finally:
        if ours:
            session.stop()
