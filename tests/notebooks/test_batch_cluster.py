"""Notebooks on a Dask cluster of real processes on this machine."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from toy_batch import FINDINGS, fake_publish, statuses, write_cohort, write_notebook
from toy_cluster import content, toy_cluster

from wlz_eval.batch import RunRequest, run
from wlz_eval.batch.progress import QuietProgress
from wlz_eval.core.errors import OptionError, RunError

#: A cell that goes on only when nobody has begun it before: the first to come waits to be killed. Its mark is there
#: with what it says, or not at all: read half-written, it once failed the test.
WAITS = """\
import time
mark = Path({mark!r})
if not mark.exists():
    mark.with_suffix(".part").write_text(str(Path(out_dir)))
    mark.with_suffix(".part").rename(mark)
    time.sleep(600)
print(out_dir, cohort)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with toy_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as started:
        yield started


@pytest.fixture
def books(tmp_path):
    folder = tmp_path / "books"
    read = "print(Path(out_dir, '.work', Path(cohort).name, 'findings', '01_base.parquet').read_text())"
    write_notebook(folder, "01_base", [FINDINGS.format(name="01_base"), "print(draws)"], 1)
    write_notebook(folder, "02_next", ["from pathlib import Path", read], 2, needs=["01_base"])
    write_notebook(folder, "03_bad", ["print(out_dir)", "raise ValueError(out_dir)"], 3)
    return folder


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


class Notes(QuietProgress):
    def __init__(self):
        self.said = []

    def note(self, message):
        self.said.append(message)


def test_a_worker_killed_half_way_changes_no_byte(tmp_path, books, cohort, cluster, monkeypatch):
    """Its notebook runs again on the other worker, and nothing half-written is taken for finished."""
    fake_publish(monkeypatch)
    mark = tmp_path / "mark"
    cells = ["from pathlib import Path", FINDINGS.format(name="04_long"), WAITS.format(mark=str(mark))]
    write_notebook(books, "04_long", cells, 4)

    class Killer(Notes):
        def left(self, seconds):
            if mark.exists() and not self.said:
                place = mark.read_text()
                [self.lost] = [i for i, _ in enumerate(cluster.processes) if f"/worker-{i}/" in place]
                cluster.processes[self.lost].kill()
                self.said.append("killed")

    progress = Killer()
    request = RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", cluster=cluster.address)
    result = run(request, progress)
    ended = {"01_base": "succeeded", "02_next": "succeeded", "03_bad": "failed", "04_long": "succeeded"}
    assert statuses(result) == ended
    assert any("A worker was lost: toy-04_long runs again on tcp://" in said for said in progress.said)
    bad = next(job for job in result.jobs if job.notebook == "03_bad")
    assert str(tmp_path / "out") in bad.detail
    assert str(tmp_path / "out") in Path(bad.log).read_text()

    local = run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "local", workers=2))
    assert statuses(local) == ended
    found, wanted = content(tmp_path / "out"), content(tmp_path / "local")
    assert len(wanted) == 7
    here, there = str(tmp_path / "out").encode(), str(tmp_path / "local").encode()
    assert {name: data.replace(here, there) for name, data in found.items()} == wanted
    assert not list(tmp_path.rglob("*.zip"))
    assert not (tmp_path / "out/.work/scratch").exists()
    # The worker that was killed could not tidy up; the other one has.
    left = [path for path in cluster.folder.rglob("wlz-eval-*") if f"worker-{progress.lost}" not in path.parts]
    assert left == []
    warm = [child for p in cluster.processes if p.poll() is None for child in psutil.Process(p.pid).children()]
    assert not [child for child in warm if "wlz_eval.batch.warm.server" in child.cmdline()]
    # What is not changed is not sent again.
    assert statuses(run(request, progress))["04_long"] == "cached"


def test_what_is_shared_may_be_at_an_address(tmp_path, books, cohort, cluster, monkeypatch):
    fake_publish(monkeypatch)
    share = tmp_path / "share"
    request = RunRequest(
        cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", cluster=str(cluster.file),
        notebooks=("02",), share=share.as_uri(), kernels="cold",
    )  # fmt: skip
    assert statuses(run(request)) == {"01_base": "succeeded", "02_next": "succeeded"}
    assert not list(share.rglob("*")), "children's data are not left behind"


def test_an_address_that_no_worker_sees_is_refused(tmp_path, books, cohort, cluster):
    request = RunRequest(
        cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", cluster=cluster.address, share="memory://x"
    )
    with pytest.raises(RunError, match="cannot read memory://x/wlz-eval-") as refused:
        run(request)
    assert "--share" in str(refused.value)


def test_a_cluster_that_differs_is_refused_with_what_differs(tmp_path, books, cohort, cluster, monkeypatch):
    from wlz_eval.batch.cluster import place

    ours = {**place.identity(), "numpy": "1.0", "Python": "3.1"}
    monkeypatch.setattr(place, "identity", lambda studies: ours)
    with pytest.raises(RunError) as refused:
        run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", cluster=cluster.address))
    assert "the scheduler: numpy is " in str(refused.value)
    assert " there and 1.0 here" in str(refused.value)
    assert str(refused.value).count("Python is 3.") >= 2, "the scheduler and each worker are named"


def test_a_scheduler_that_does_not_answer(tmp_path, books, cohort, monkeypatch):
    monkeypatch.setattr("wlz_eval.batch.cluster.connect.ANSWER", 1)
    for address, words in (
        ("tcp://127.0.0.1:1", "No Dask scheduler answers at tcp://127.0.0.1:1 within"),
        ("nonsense://x", "No Dask scheduler answers at nonsense://x"),
        (str(tmp_path / "no.json"), "There is no scheduler file"),
    ):
        with pytest.raises(RunError, match=words):
            run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", cluster=address))


def test_a_share_without_a_cluster_and_an_address_for_out_are_refused(tmp_path, cohort):
    with pytest.raises(OptionError, match="--share goes with --cluster"):
        run(RunRequest(cohorts=(cohort,), out_dir=tmp_path / "out", share="s3://x"))
    with pytest.raises(OptionError, match="--out must be a folder of this machine"):
        run(RunRequest(cohorts=(cohort,), out_dir="s3://x"))


def test_without_the_extra_everything_else_works(tmp_path, books, cohort):
    """In a process that has neither package, as after an installation without the extra."""
    script = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        for name in ("distributed", "fsspec", "dask"):
            sys.modules[name] = None
        import pytest
        from toy_batch import fake_publish
        from wlz_eval.batch import RunRequest, run
        from wlz_eval.core.errors import RunError
        request = dict(cohorts=({str(cohort)!r},), notebooks_dir=__import__("pathlib").Path({str(books)!r}),
                       notebooks=("01",), out_dir={str(tmp_path / "out")!r}, kernels="cold")
        try:
            run(RunRequest(**request, cluster="tcp://127.0.0.1:1"))
        except RunError as error:
            print(error)
        with pytest.MonkeyPatch.context() as patch:
            fake_publish(patch)
            print(run(RunRequest(**request)).exit_code)
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()
    assert "pip install 'wlz-eval[cluster]'" in lines[0], said.stderr
    assert lines[-1] == "0", said.stderr
