"""The records of a register for Spark, over the same Parquet files."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.records.evidence import arrow_schema
from riskkit.store.register.lock import reading
from riskkit.store.register.manifest import read_manifest, require_parts

_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.variable.substitute": "false"}
"""Days are days, and ``${…}`` in a text is that text."""
_OPTION, _LOCAL = "--cluster", "local[*]"
_MASTER = re.compile(r"(spark|k8s)://\S+|yarn|local(-cluster)?\[[\d*,]+\]")
_QUIET = {"spark.ui.enabled": "false"}
_OF_THIS_MACHINE = {**_QUIET, "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


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
    with spark_cluster(_LOCAL) if session is None else contextlib.nullcontext(session) as found:
        asking = found.newSession()  # its tables and settings are its own
        for name, value in _SETTINGS.items():
            asking.conf.set(name, value)
        _records(asking, paths, without).createOrReplaceTempView("records")
        yield asking


@contextlib.contextmanager
def spark_cluster(address: str) -> Iterator[Any]:
    """A session on a cluster of Spark, stopped at the end.

    Parameters
    ----------
    address : str
        Its master: ``spark://host:port``, ``k8s://…``, ``yarn``, or ``local[n]`` for this machine.

    Raises
    ------
    InputFaults
        When the address is none of these, riskkit was installed without Spark, or no master answers.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("pyspark")
    >>> with spark_cluster("local[2]") as session:  # doctest: +SKIP
    ...     session.range(3).count()
    3
    """
    rule = "spark://host:port, k8s://…, yarn or local[n]"
    refuse(_OPTION, [] if _MASTER.fullmatch(address) else [Fault(_OPTION, shown(address), rule)])
    require_spark()
    found: Any = importlib.import_module("pyspark.sql")
    builder = found.SparkSession.builder.master(address).appName("riskkit")
    for name, value in (_OF_THIS_MACHINE if address.startswith("local") else _QUIET).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # a JVM says what is wrong in exceptions of its own
        fault = Fault(_OPTION, shown(address), "the master of a Spark cluster that answers")
        raise InputFaults(_OPTION, [fault]) from error
    try:
        yield session
    finally:
        session.stop()


@contextlib.contextmanager
def of_cluster(address: str | None, engine: str) -> Iterator[dict[str, Any]]:
    """The engine, and the session of a cluster if there is one, as `counted` takes them.

    Examples
    --------
    >>> with of_cluster(None, "duckdb") as where:
    ...     where
    {'engine': 'duckdb', 'session': None}
    """
    if address is None:
        yield {"engine": engine, "session": None}
        return
    with spark_cluster(address) as session:
        yield {"engine": "spark", "session": session}


def require_spark() -> None:
    """Refuse to go on where riskkit was installed without Spark.

    Raises
    ------
    InputFaults
        As said.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("pyspark")
    >>> require_spark()
    """
    is_here = importlib.util.find_spec("pyspark") is not None
    rule = "riskkit[spark] installed, and a Java runtime"
    refuse("--engine", [] if is_here else [Fault("--engine", "spark", rule)])


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
    require_spark()
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
