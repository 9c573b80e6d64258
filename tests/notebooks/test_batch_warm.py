"""Kernels that are copies of one warm process: the same pages as cold ones, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from toy_batch import FINDINGS, fake_publish, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, run
from wlz_eval.batch.kernel import kernel_environment
from wlz_eval.batch.warm import WarmKernel, WarmServer, WarmUnavailableError, can_be_warm

pytestmark = pytest.mark.skipif(not can_be_warm(), reason="this system cannot copy processes")

#: What a notebook can see of the process that it runs in.
SEES = [
    "import os, sys; print(sorted(n for n in os.environ if n.startswith(('OMP', 'OPENBLAS', 'PYTHON', 'MPL'))))",
    "print(hash('word'), os.environ['PYTHONHASHSEED'], sys.path[0] == '', __name__)",
    "import matplotlib; print(matplotlib.get_backend())",
    "import numpy as np; print(np.linalg.norm(np.arange(2000.0).reshape(40, 50)))",
]


@pytest.fixture(scope="module")
def server():
    server = WarmServer(kernel_environment(Path("/nowhere")))
    yield server
    server.close()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def children_of(pid):
    return (Path(f"/proc/{pid}/task/{pid}/children")).read_text().split()


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def launch(server, tmp_path, arguments):
    with (tmp_path / "log").open("ab") as log:
        return server.launch(arguments, {"PATH": os.environ["PATH"]}, str(tmp_path), log)


def test_cold_and_warm_kernels_leave_the_same_bytes(tmp_path, monkeypatch):
    """For the notebooks themselves, pages included, see ``test_all_cohorts.py``: its second run is cold."""
    fake_publish(monkeypatch)
    books = tmp_path / "books"
    write_notebook(books, "01_a", [FINDINGS.format(name="01_a"), *SEES], 1)
    write_notebook(books, "02_b", [FINDINGS.format(name="02_b"), "print(2)"], 2, needs=["01_a"])
    cohort = write_cohort(tmp_path / "cohorts" / "toy")
    found = {}
    for kernels in ("cold", "warm"):
        request = RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / kernels, kernels=kernels)
        result = run(request)
        assert result.exit_code == 0, result
        folder = tmp_path / kernels
        found[kernels] = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in (".ipynb", ".parquet")
        }
    assert "module://matplotlib_inline" in found["cold"][".work/toy/public/executed/01_a.ipynb"].decode()
    assert found["warm"] == found["cold"]


def test_a_kernel_that_ends_is_told_with_its_status(server, tmp_path):
    """A launcher that is not understood ends by itself; its words go to the log."""
    kernel = launch(server, tmp_path, ["ipykernel_launcher", "-f", str(tmp_path / "absent" / "kernel.json"), "--bad=x"])
    assert kernel.pid != server.pid
    kernel.kill()
    assert kernel.wait(30) == -signal.SIGKILL
    assert kernel.poll() == -signal.SIGKILL


def test_many_kernels_leave_nothing_behind(server, tmp_path):
    before = None
    for number in range(10):
        kernel = launch(server, tmp_path, ["ipykernel_launcher", "-f", str(tmp_path / f"{number}.json")])
        if before is None:
            before = descriptors()
        kernel.kill()
        assert kernel.wait(30) == -signal.SIGKILL
    assert descriptors() <= before
    assert children_of(server.pid) == []
    assert len(os.listdir(f"/proc/{server.pid}/fd")) < 20


def test_a_copy_that_the_system_refuses_starts_cold(monkeypatch):
    """Too many processes: the kernels that live go on."""
    from wlz_eval.batch.warm.server import _Server

    def refuse():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    batch, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with batch, control, theirs, open(os.devnull, "wb") as log:
        socket.send_fds(batch, [b"{}"], [theirs.fileno(), log.fileno()])
        theirs.close()
        assert _Server(control)._request([]), "the server goes on"
    with pytest.raises(WarmUnavailableError):
        WarmKernel(ours)


def test_a_dozen_notebooks_leave_nothing_behind():
    """Descriptors, sockets, threads and children of both processes, after five notebooks and after twelve."""
    study = [sys.executable, str(Path(__file__).with_name("kernel_study.py")), "--kernels", "12"]
    ran = subprocess.run(study, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "12 kernels, 0 failed" in ran.stdout


def test_workers_of_the_package_end_with_the_process_that_asked(tmp_path):
    """However it ends: killed, it cannot tell them."""
    program = """
        import os, signal, threading, time, operator, psutil
        from wlz_eval.core.parallel import ordered_map

        class Slow:
            def __reduce__(self):
                return time.sleep, (60,)

        def strike():
            while len(workers := [p for p in psutil.Process().children() if "spawn_main" in str(p.cmdline())]) < 2:
                time.sleep(0.05)
            print(*[p.pid for p in workers], flush=True)
            time.sleep(3)
            os.kill(os.getpid(), signal.SIGKILL)

        if __name__ == "__main__":
            threading.Thread(target=strike).start()
            ordered_map(operator.add, 1, [1, 2, Slow(), Slow()], workers=2)
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    ran = subprocess.run([sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, timeout=120)
    workers = [int(word) for word in ran.stdout.split()]
    assert len(workers) == 2
    limit = time.monotonic() + 20
    while any(map(runs, workers)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(runs, workers))


def test_a_kernel_ends_when_nobody_wants_it_any_more(server, tmp_path):
    kernel = launch(server, tmp_path, ["ipykernel_launcher", "-f", str(tmp_path / "k.json")])
    assert str(kernel.pid) in children_of(server.pid)
    kernel._connection.close()
    limit = time.monotonic() + 20
    while children_of(server.pid) and time.monotonic() < limit:
        time.sleep(0.01)
    assert children_of(server.pid) == []


def test_kernels_die_with_their_server_however_it_dies(tmp_path):
    server = WarmServer(kernel_environment(tmp_path))
    kernel = launch(server, tmp_path, ["ipykernel_launcher", "-f", str(tmp_path / "k.json")])
    os.kill(server.pid, signal.SIGKILL)
    assert kernel.wait(20) == -signal.SIGKILL
    limit = time.monotonic() + 20
    while Path(f"/proc/{kernel.pid}").exists() and time.monotonic() < limit:
        time.sleep(0.01)
    assert not Path(f"/proc/{kernel.pid}").exists()
    assert not server.alive
    with pytest.raises(WarmUnavailableError):
        launch(server, tmp_path, ["ipykernel_launcher"])
    server.close()


def test_where_processes_cannot_be_copied_kernels_start_cold_without_a_word(tmp_path, monkeypatch, capfd):
    fake_publish(monkeypatch)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not can_be_warm()
    books = tmp_path / "books"
    write_notebook(books, "01_a", [FINDINGS.format(name="01_a"), "print(1)"], 1)
    cohort = write_cohort(tmp_path / "cohorts" / "toy")
    result = run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out"))
    assert result.exit_code == 0
    assert capfd.readouterr() == ("", "")
