"""Kernels forked from a warmed process: alone like any other, and never a reason not to start."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from patience import HANGS
from serving import kernels_of, served, write_folder

from riskkit.workbench.runs.kernels import warmed
from riskkit.workbench.runs.kernels.page_fork import MODULES
from riskkit.workbench.serving import warm_kernels
from riskkit.workbench.serving.served.kernel import NAME, OwnKernel
from riskkit.workbench.serving.warm_kernels import ForkedKernel, WarmProcess, can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="no fork with handles of processes on this system")
LIGHT = ("ipykernel.kernelapp", "json")


@pytest.fixture
def spec() -> Iterator[OwnKernel]:
    """Our kernel, from a warmed process that has imported little."""
    own = OwnKernel()
    own.warm = WarmProcess(LIGHT, patience=HANGS)
    yield own
    own.warm.end()


@asynccontextmanager
async def kernel(
    spec: OwnKernel, **more: Any
) -> AsyncIterator[tuple[AsyncKernelManager, Callable[..., Any]]]:
    folder = tempfile.mkdtemp(prefix="rk-")  # short: the path of a socket holds a hundred bytes
    file = f"{folder}/k.json"
    manager = AsyncKernelManager(
        kernel_spec_manager=spec, transport="ipc", kernel_name=NAME, connection_file=file
    )
    await manager.start_kernel(**more)
    client = manager.client()
    client.start_channels()

    async def run(code: str) -> str:
        said: list[str] = []
        await client.wait_for_ready(timeout=HANGS)
        await client.execute_interactive(
            code, output_hook=lambda m: said.append(str(m["content"].get("text", ""))), timeout=HANGS
        )
        return "".join(said).strip()

    try:
        yield manager, run
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        shutil.rmtree(folder, ignore_errors=True)


def comes_true(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + HANGS
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    return what()


def pid(manager: AsyncKernelManager) -> int:
    return int(manager.provisioner.pid)  # type: ignore[union-attr, arg-type]


def test_a_kernel_is_alone_in_session_environment_folder_and_seeds(spec: OwnKernel, tmp_path: Path) -> None:
    code = (
        "import os, random, sys, numpy; print(os.getsid(0) == os.getpid(), sorted(os.environ.get(n, '-') for n in "
        "('RK_A', 'OMP_NUM_THREADS')), os.getcwd(), sys.argv[0], random.random(), numpy.random.rand(), globals().get('seen'))"
    )

    async def both() -> list[str]:
        environment = {**os.environ, "RK_A": "a"}
        environment.pop("OMP_NUM_THREADS", None)
        said = []
        async with kernel(spec, env=environment, cwd=str(tmp_path)) as (first, run):
            await run("seen = 1")
            assert psutil.Process(pid(first)).ppid() == spec.warm.process.pid  # type: ignore[union-attr]
            async with kernel(spec, env=environment, cwd=str(tmp_path)) as (second, other):
                assert pid(first) != pid(second)
                said += [await other(code)]
            said += [await run(code)]
        return said

    second, first = (text.split() for text in asyncio.run(both()))
    assert first[:5] == second[:5] == ["True", "['-',", "'a']", str(tmp_path), "ipykernel_launcher"]
    assert first[5:7] != second[5:7] and (first[7], second[7]) == ("1", "None")


def test_children_of_a_kernel_and_interrupts_are_as_ever(spec: OwnKernel, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = f"import time\ntry: open({str(begun)!r}, 'w').close(); time.sleep(600)\nexcept KeyboardInterrupt: print(7)"

    async def go() -> str:
        async with kernel(spec) as (manager, run):
            said = await run("import subprocess; print(subprocess.run(['sh', '-c', 'exit 3']).returncode)")
            waiting = asyncio.ensure_future(run(code))
            assert await asyncio.to_thread(comes_true, begun.exists)
            await manager.interrupt_kernel()
            return f"{said} {await waiting}"

    assert asyncio.run(go()) == "3 7"


def test_a_kernel_that_dies_is_noticed_and_can_be_restarted(spec: OwnKernel) -> None:
    async def go() -> None:
        async with kernel(spec) as (manager, run):
            before = pid(manager)
            os.kill(before, signal.SIGKILL)
            assert await asyncio.to_thread(comes_true, lambda: not psutil.pid_exists(before))
            assert not await manager.is_alive()
            await manager.restart_kernel(now=True)
            assert await manager.is_alive() and pid(manager) != before
            assert await run("print(1)") == "1"

    asyncio.run(go())


def test_without_the_warmed_process_kernels_end_and_the_next_ones_start(spec: OwnKernel) -> None:
    async def go() -> None:
        async with kernel(spec) as (manager, run):
            assert await run("print(1)") == "1"
            spec.warm.process.kill()  # type: ignore[union-attr]
            assert await asyncio.to_thread(comes_true, lambda: not psutil.pid_exists(pid(manager)))
        async with kernel(spec) as (afresh, run):
            assert psutil.Process(pid(afresh)).ppid() == os.getpid()
            assert await run("print(2)") == "2"
        async with kernel(spec) as (again, run):
            assert psutil.Process(pid(again)).ppid() == spec.warm.process.pid  # type: ignore[union-attr]
            assert await run("print(3)") == "3"

    asyncio.run(go())


def test_where_it_cannot_warm_up_kernels_start_as_jupyter_starts_them(spec: OwnKernel) -> None:
    spec.warm = WarmProcess(("riskkit.no_such_module",), patience=HANGS)

    async def go() -> None:
        for _ in range(2):
            async with kernel(spec) as (manager, run):
                assert psutil.Process(pid(manager)).ppid() == os.getpid()
                assert await run("print(2)") == "2"

    asyncio.run(go())
    for _ in range(8):
        assert spec.warm.fork([], {}, None) is None
    assert spec.warm.starts == warm_kernels._MOST_STARTS


def test_one_that_does_not_answer_or_cannot_fork_is_no_reason_to_wait_for_ever(spec: OwnKernel) -> None:
    assert spec.warm is not None
    assert spec.warm.fork([], {"A": "x" * 900_000}, None) is None  # longer than a line may be
    slow = WarmProcess(LIGHT, patience=0.0001)
    assert slow.fork([], {}, None) is None and slow.fork([], {}, None) is None
    assert slow.starts == 1
    slow.end()


def test_a_kernel_knows_what_has_been_written_since_the_warmed_process_began(
    spec: OwnKernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner" / "__pycache__").mkdir(parents=True)
    (tmp_path / "module.py").touch()
    monkeypatch.setattr(warm_kernels, "_PACKAGE", tmp_path)
    assert spec.warm is not None
    assert isinstance(spec.warm.fork(["--version"], dict(os.environ), None), ForkedKernel)
    later = time.time() + 60
    for name in ("__pycache__/module.py", "figure.csv"):
        (tmp_path / "inner" / name).touch()
        os.utime(tmp_path / "inner" / name, (later, later))
    assert isinstance(spec.warm.fork(["--version"], dict(os.environ), None), ForkedKernel)
    (tmp_path / "inner" / "module.py").touch()
    os.utime(tmp_path / "inner" / "module.py", (later, later))
    assert spec.warm.fork(["--version"], dict(os.environ), None) is None
    assert spec.warm.starts == 1


def test_a_kernel_that_cannot_start_ends_and_does_not_go_on_as_the_warmed_process(spec: OwnKernel) -> None:
    assert spec.warm is not None
    lost = spec.warm.fork(["-f", "/no/such/folder/k.json", "--no-such"], dict(os.environ), "/no/such/folder")
    assert isinstance(lost, ForkedKernel)
    assert comes_true(lambda: lost.poll() is not None)
    assert lost.wait() == 0 and lost.poll() == 0
    lost.kill()
    assert spec.warm.process is not None and spec.warm.process.poll() is None


def test_the_warmed_process_holds_no_thread_no_socket_of_zmq_and_every_board() -> None:
    warm = WarmProcess(patience=HANGS)
    warm.start()
    found = warm.fork(["--version"], dict(os.environ), None)
    assert isinstance(found, ForkedKernel) and warm.process is not None
    process = psutil.Process(warm.process.pid)
    assert process.num_threads() == 1
    assert "riskkit.workbench.boards" in MODULES
    opened = [str(one.readlink()) for one in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert not [one for one in opened if "event" in one]  # no loop, and no context of zmq
    assert len([one for one in opened if one.startswith("socket:")]) == 1
    warm.end()
    assert comes_true(lambda: found.poll() is not None)


def test_a_server_that_goes_before_any_kernel_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    warm = WarmProcess(LIGHT, patience=HANGS)
    warm.start()
    assert warm._line is not None and warm.process is not None
    select.select([warm._line], [], [], HANGS)  # it is ready, and nobody has read so
    warm._line.close()
    assert warm.process.wait(HANGS) == 0
    assert capfd.readouterr().err == ""


def test_a_thread_in_the_warmed_process_stops_it(
    spec: OwnKernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    (tmp_path / "with_a_thread.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    warm = WarmProcess((*LIGHT, "with_a_thread"), patience=HANGS)
    assert warm.fork([], {}, None) is None
    warm.end()


def test_what_a_kernel_registered_for_its_end_is_done(spec: OwnKernel, tmp_path: Path) -> None:
    async def go() -> None:
        async with kernel(spec) as (manager, run):
            await run(f"import atexit, pathlib; atexit.register(pathlib.Path({str(tmp_path / 'x')!r}).touch)")
            await manager.shutdown_kernel()

    asyncio.run(go())
    assert (tmp_path / "x").exists()


def test_the_rehearsal_leaves_no_widget_behind() -> None:
    code = (
        "from riskkit.workbench.boards.rehearsal import rehearse; from ipywidgets.widgets import widget; "
        "from pathlib import Path; rehearse(); "
        "print(len(widget._instances), len(list(Path('/proc/self/task').iterdir())))"
    )
    environment = os.environ | warmed.ONE_THREAD
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["0", "1"]


def test_our_kernel_says_how_it_is_started_and_elsewhere_it_is_the_stock_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert OwnKernel().get_kernel_spec(NAME).metadata == {}
    monkeypatch.setattr("riskkit.workbench.serving.served.kernel.can_fork", lambda: False)
    assert OwnKernel(is_warm=True).warm is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not can_fork()


def test_pages_come_from_the_warmed_process_and_none_is_left(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with served(tmp_path) as running:
        below = psutil.Process(running.process.pid).children()
        assert len(below) == 1 and kernels_of(running.process.pid) == []
        status, _, text = running.get("/voila/render/dashboards/overview.ipynb?lang=zh&start=4&case=note7")
        assert status == 200 and "said zh True 4 note7" in text
        (page,) = kernels_of(running.process.pid)
        assert page.ppid() == below[0].pid
        running.process.kill()  # not even asked to end
        assert comes_true(lambda: not page.is_running() and not below[0].is_running())


def test_kernels_of_the_lab_come_from_the_warmed_process(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with served(tmp_path, what="lab") as running:
        (warm,) = psutil.Process(running.process.pid).children()
        assert running.get("/api/kernels", method="POST")[0] == 201
        (kernel,) = kernels_of(running.process.pid)
        assert kernel.ppid() == warm.pid
