"""Reports made by one and by two workers of a Dask cluster on this machine, beside the batch without one."""

from __future__ import annotations

import os
import time
import warnings
from functools import partial
from pathlib import Path

import pytest
from bench_reports import REPORTS, listed
from measure import say

from riskkit.workbench.runs import batch, lists
from riskkit.workbench.runs.planning import Wishes, plan_request

distributed = pytest.importorskip("distributed", reason="distributed is not installed (riskkit[dask])")


def test_reports_by_number_of_workers(tmp_path: Path) -> None:
    import dask

    listed(tmp_path, REPORTS)
    os.chdir(tmp_path)
    took = {}
    for n_workers in (0, 1, 2):
        out = tmp_path / str(n_workers)
        wishes = Wishes(out, "en", folder=tmp_path, by_language=True)
        plans = batch.plan_all(lists.read_list(tmp_path / "list.csv"), partial(plan_request, wishes=wishes))
        if not n_workers:
            start = time.perf_counter()
            made = batch.run_batch(plans, out=out, jobs=2)
            took[0] = time.perf_counter() - start
        else:
            with dask.config.set({"distributed.worker.daemon": False}), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with distributed.LocalCluster(
                    n_workers=n_workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
                ) as found:
                    start = time.perf_counter()
                    made = batch.run_batch(plans, out=out, cluster=found.scheduler_address)
                    took[n_workers] = time.perf_counter() - start
        assert all(one.ok for one in made)
    say(f"{REPORTS} reports by a Dask cluster", one_worker_s=took[1], two_workers_s=took[2],
        times_faster=took[1] / took[2], two_jobs_without_s=took[0])  # fmt: skip
