"""The records of a register for Spark, over the same Parquet files."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.records.evidence import arrow_schema
from riskkit.store.register.lock import reading
from riskkit.store.register.manifest import read_manifest, require_parts

_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.variable.substitute": "false"}
"""Days are days, and ``${…}`` in a text is that text."""


@contextlib.contextmanager
def spark_session(paths: Sequence[str], *, without: Sequence[str] = (), session: Any = None) -> Iterator[Any]:
    """A session of Spark that knows Parquet files as its table ``records``.

    Parameters
    ----------
    paths : sequence of str
        The files; every worker must be able to read them.
    without : sequence of str
        Files with the ids of records that do not count.
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
        settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1",
                    "spark.driver.host": "127.0.0.1"}  # fmt: skip
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    try:
        asking = session.newSession()  # its tables and settings are its own
        for name, value in _SETTINGS.items():
            asking.conf.set(name, value)
        _records(asking, paths, without).createOrReplaceTempView("records")
        yield asking
    finally:
        if ours:
            session.stop()


@contextlib.contextmanager
def register_in_spark(folder: Path, *, session: Any = None) -> Iterator[Any]:
    """A session of Spark that knows the records of a register; None where the register has none.

    Parameters
    ----------
    folder : Path
        The register; nobody changes it meanwhile.
    session : SparkSession, optional
        As for `spark_session`.

    Raises
    ------
    InputFaults
        When riskkit was installed without Spark, or files of the register are lost.

    Examples
    --------
    >>> import pytest, tempfile
    >>> _ = pytest.importorskip("pyspark")
    >>> with tempfile.TemporaryDirectory() as there, register_in_spark(Path(there)) as asking:
    ...     print(asking)
    None
    """
    is_here = importlib.util.find_spec("pyspark") is not None
    rule = "riskkit[spark] installed, and a Java runtime"
    refuse("--engine", [] if is_here else [Fault("--engine", "spark", rule)])
    with reading(folder):
        manifest = read_manifest(folder)
        require_parts(folder, manifest)
        parts, gone = (
            [str((folder / part.path).absolute()) for part in manifest.of_kind(kind)]
            for kind in ("records", "superseded")
        )
        if not parts:
            yield None
            return
        with spark_session(parts, without=gone, session=session) as asking:
            yield asking


def _records(asking: Any, paths: Sequence[str], without: Sequence[str]) -> Any:
    """The records that count; a column that files of an earlier version lack is missing."""
    functions: Any = importlib.import_module("pyspark.sql.functions")
    found = asking.read.option("mergeSchema", "true").parquet(*paths)
    for field in arrow_schema():
        if field.name not in found.columns:
            found = found.withColumn(field.name, functions.lit(None).cast(_TYPES[field.type]))
    if without:
        found = found.join(asking.read.parquet(*without).select("record_id"), "record_id", "left_anti")
    return found


_TYPES = {pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double", pa.date32(): "date"}
