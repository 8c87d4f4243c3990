"""The same answers from a cluster of several workers, one of them killed in the middle: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from registers import canonical_csv, taken
from spark_there import has_spark

from riskkit.case.case_reading import load_case
from riskkit.case.many_cases import assess_many
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.register.counts import CountsAsked, counted
from riskkit.store.register.spark import of_cluster, spark_cluster
from riskkit.workbench.commands.cli import main
from riskkit.workbench.runs import batch
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.plans import RunPlan, make_plan
from riskkit.workbench.runs.workers import cluster
from riskkit.workbench.runs.workers.local import Event, run_all

NOTEBOOK = resources.home() / "notebooks" / "brief.ipynb"
CASES = ("note7-battery-2016", "desk-lamps-cbec-2019", "lead-paint-toys-2007")


@pytest.fixture
def workers() -> Iterator[Any]:
    """A scheduler and two workers, processes of their own, on this machine."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("distributed is not installed (riskkit[dask])")
    import dask
    from distributed import LocalCluster

    settings = {"distributed.worker.daemon": False, "distributed.admin.log-length": 0}
    with dask.config.set(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries of other people think of each other
        with LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as found:
            yield found


def plans(out: Path) -> list[RunPlan]:
    return [
        make_plan(NOTEBOOK, resources.find_case(case), {"draws": 500}, out=out / lang, lang=lang)
        for case in CASES
        for lang in ("zh", "en")
    ]


def files_of(out: Path) -> dict[str, bytes]:
    """Every file of the reports but the manifests, which hold times."""
    return {
        str(one.relative_to(out)): one.read_bytes()
        for one in sorted(out.rglob("*"))
        if one.is_file() and one.name != "manifest.json"
    }


def test_reports_of_a_cluster_are_those_of_one_machine(workers: Any, tmp_path: Path) -> None:
    events: list[Event] = []

    def watch(event: Event) -> None:
        """One worker goes away as soon as the first report is back."""
        events.append(event)
        if event.kind == "finished" and sum(one.kind == "finished" for one in events) == 1:
            os.kill(next(iter(workers.workers.values())).pid, signal.SIGKILL)

    far = batch.run_batch(
        plans(tmp_path / "far"), out=tmp_path / "far", cluster=workers.scheduler_address, watch=watch
    )
    assert [one.ok for one in far] == [True] * len(far), far
    here = run_all(plans(tmp_path / "here"), jobs=2)
    assert [one.ok for one in here] == [True] * len(here)
    assert files_of(tmp_path / "far") == files_of(tmp_path / "here")
    assert Counter(one.plan.folder for one in events if one.kind == "finished") == {
        one.folder: 1 for one in plans(tmp_path / "far")
    }


def test_a_report_that_fails_on_a_cluster_says_why_here(workers: Any, tmp_path: Path) -> None:
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells[-1] = nbformat.v4.new_code_cell("1 / 0")
    nbformat.write(notebook, tmp_path / "broken.ipynb")
    case = resources.find_case(CASES[0])
    bad = make_plan(tmp_path / "broken.ipynb", case, {}, out=tmp_path / "out", lang="en")
    good = plans(tmp_path / "out")[:1]
    found = cluster.run_on_cluster([bad, *good], address=workers.scheduler_address)
    assert [one.ok for one in found] == [False, True]
    assert found[0].error is not None and found[0].error.kind == "ZeroDivisionError"
    assert {one.name for one in found[0].folder.iterdir()} == {"failed.ipynb", "reason.json"}
    assert found[0].folder.is_relative_to(tmp_path / "out")


def test_many_cases_are_simulated_alike_by_a_cluster(workers: Any) -> None:
    from distributed import Client

    cases = pd.Series([load_case(one) for one in CASES])
    here = assess_many(cases, rng=np.random.default_rng(5), draws=300)
    with Client(workers, set_as_default=False) as client:
        far = assess_many(cases, rng=np.random.default_rng(5), draws=300, executor=client.get_executor())
    pd.testing.assert_frame_equal(far, here)


def test_workers_of_another_version_and_workers_that_may_start_nothing_are_named(
    workers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("riskkit.__version__", "9.9")
    with pytest.raises(InputFaults, match=r"riskkit 9\.9, as here"):
        cluster.run_on_cluster(plans(tmp_path), address=workers.scheduler_address)
    assert not list(tmp_path.iterdir())
    assert [one.rule[:33] for one in cluster._faults({"w": ("9.9", False)})] == [
        "a worker that may start processes"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["batch", "list.csv", "--cluster", "ftp://x"],
        ["batch", "list.csv", "--cluster", "spark://x:7077"],
        ["register", "counts", "--cluster", "tcp://x:8786"],
        ["signals", "--cluster", "local"],
    ],
)
def test_an_address_of_another_kind_is_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(f"case\n{CASES[0]}\n")
    assert main(arguments) == 2
    assert "--cluster" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clustered")
    for seed in (1, 2):
        (folder / f"{seed}.csv").write_text(canonical_csv(700, seed=seed), encoding="utf-8")
        taken(folder / "register", folder / f"{seed}.csv")
    return folder / "register"


def executors() -> list[psutil.Process]:
    """The processes of Spark that hold work, of all workers of this machine's test cluster."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # one that has just ended
            if "CoarseGrainedExecutorBackend" in " ".join(one.cmdline()):
                found.append(one)
    return found


def test_counts_of_a_spark_cluster_outlive_a_lost_executor(register: Path) -> None:
    reason = has_spark()
    if reason:
        pytest.skip(reason)
    asked = CountsAsked(("product", "origin", "month"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark thinks of other packages
        with of_cluster("local-cluster[2,1,1024]", "duckdb") as where:
            before = counted(register, asked, **where)
            executors()[0].kill()  # on a slow machine the other one may not be up yet
            after = counted(register, asked, **where)
    plain = counted(register, asked)
    assert plain.num_rows > 50 and before.equals(plain) and after.equals(plain)


def test_a_spark_cluster_that_does_not_answer_is_named() -> None:
    with pytest.raises(InputFaults, match="spark://host:port"), spark_cluster("http://x"):
        pass
