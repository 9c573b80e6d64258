"""The main job, end to end: every shipped cohort, all nine notebooks, one run, a site; and the same bytes again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from page_checks import WORDS, Page, faults, two_minded
from paper_checks import losses, sheet_of

from wlz_eval.attribution import attribute
from wlz_eval.batch import RunRequest, RunResult, plan_run, run
from wlz_eval.cohort import shipped_cohorts
from wlz_eval.core.files import notebooks_dir
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan
from wlz_eval.release import NOTEBOOKS, FindingStore, Workspace
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.summary import EFFECT_TOPICS
from wlz_eval.report.pdf import Printer
from wlz_eval.report.readability import readability
from wlz_eval.simulate import load_truth

NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
COHORTS = ("star-1986", "simulated-complete", "simulated-hidden", "simulated-typical")
#: Cohorts that are run a second time.
TWICE = ("star-1986", "simulated-typical")


def cohort_of(name):
    """Cohort of a published file."""
    return str(name).split("/")[0]


def request_for(out: Path, fresh: bool = False) -> RunRequest:
    return RunRequest(effort="draft", out_dir=out, fresh=fresh)


def published(out: Path) -> dict[str, bytes]:
    """Every published file of a run."""
    site = out / "reports"
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in sorted(site.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("first")


@pytest.fixture(scope="module")
def result(out) -> RunResult:
    return run(request_for(out))


def test_every_notebook_of_every_cohort_succeeds(result):
    assert set(shipped_cohorts()) == set(COHORTS)
    wrong = [
        f"{job.cohort} {job.notebook}: {job.detail or job.reason}" for job in result.jobs if job.status != "succeeded"
    ]
    assert wrong == []
    assert {(job.cohort, job.notebook) for job in result.jobs} == {(c, n) for c in COHORTS for n in NOTEBOOKS}
    assert result.gate == {}
    assert result.faults == {}
    assert result.exit_code == 0


@pytest.mark.parametrize("cohort", COHORTS)
def test_no_number_is_hidden_in_one_place_and_printed_in_another(result, out, cohort):
    work = Workspace(out)
    ledgers = [Ledger.load(work.ledger_file(cohort, "public", name)) for name in NOTEBOOKS]
    assert two_minded(out / "reports" / cohort, ledgers, FindingStore(work, cohort).read_all()) == []


def test_the_site_has_a_page_for_each_and_an_index(result, out):
    assert result.site == out / "reports" / "index.html"
    pages = published(out)
    assert {f"{c}/{n}.html" for c in COHORTS for n in NOTEBOOKS} <= set(pages)
    assert {"index.html", *(f"{c}/index.html" for c in COHORTS)} <= set(pages)
    index = pages["index.html"].decode()
    for cohort in COHORTS:
        assert f'href="{cohort}/index.html"' in index


def test_run_json_holds_the_statuses_and_wall_times(result, out):
    for cohort in COHORTS:
        record = json.loads((out / ".work" / cohort / "public" / "run.json").read_text())
        assert list(record["notebooks"]) == list(NOTEBOOKS)
        assert all(entry["seconds"] > 0 for entry in record["notebooks"].values())


def test_nothing_private_and_nothing_temporary_is_left(result, out):
    assert {p.name for p in out.iterdir()} == {"reports", ".work"}
    assert not (out / ".work" / "scratch").exists()
    assert not [p for p in out.rglob("*") if p.name.endswith((".part", ".old"))]
    for name, content in published(out).items():
        assert str(out).encode() not in content, f"{name} names a folder of this machine"


def test_every_page_is_well_formed_and_asks_no_other_host(result, out):
    site = out / "reports"
    wrong = {p.relative_to(site).as_posix(): faults(p, site) for p in sorted(site.rglob("*.html"))}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("cohort", COHORTS)
def test_each_number_of_the_summary_leads_to_the_cell_that_recorded_it(result, out, cohort):
    workspace = Workspace(out)
    store = FindingStore(workspace, cohort)
    page = Page(workspace.published_dir(cohort, "public") / "09_summary.html")
    assert len(page.numbers) >= 6
    found = store.read_all()
    for attributes, text, link in page.numbers:
        if "data-finding" not in attributes:
            # How many children a figure's own rows rest on stands below it.
            assert ".n." in attributes["data-cell"], text
            continue
        stamp = found.stamp(attributes["data-finding"])
        assert stamp.notebook != "09_summary"
        assert link == f"{stamp.notebook}.html#cell-{stamp.cell}", text
        executed = json.loads(workspace.executed_file(cohort, "public", stamp.notebook).read_text(encoding="utf-8"))
        (cell,) = [c for c in executed["cells"] if c.get("execution_count") == stamp.cell]
        assert "nb.record(" in "".join(cell["source"])
    # The headline picture repeats numbers of the answer; the source of a figure is the cohort's title.
    said = {number for _, text, _ in page.numbers for number in NUMBER.findall(text)}
    title = json.loads(workspace.published_file(cohort, "public").read_text(encoding="utf-8"))["title"]
    plain = [words for words in page.words if set(NUMBER.findall(WORDS.sub("", words.replace(title, "")))) - said]
    assert plain == ["Question 9 of 9"]


def test_what_has_not_changed_is_not_run_again(result, out):
    before = published(out)
    planned = plan_run(request_for(out))
    assert {job.action for job in planned.jobs} == {"keep"}
    again = run(request_for(out))
    assert {job.status for job in again.jobs} == {"cached"}
    assert published(out) == before


def test_a_second_run_in_another_folder_gives_the_same_bytes(result, out, tmp_path):
    """For one real and one simulated cohort: the site's own pages hold all four, so only the cohorts' are compared.

    The first run copies its kernels from a warm process; here each is an interpreter of its own.
    """
    second = run(replace(request_for(tmp_path, fresh=True), cohorts=TWICE, kernels="cold"))
    assert second.exit_code == 0
    first, other = ({k: v for k, v in published(o).items() if cohort_of(k) in TWICE} for o in (out, tmp_path))
    assert first
    assert set(first) == set(other)
    assert [name for name in first if first[name] != other[name]] == []
    findings = {
        p.relative_to(out): p.read_bytes() == (tmp_path / p.relative_to(out)).read_bytes()
        for cohort in TWICE
        for p in sorted((out / ".work" / cohort).glob("findings/*.parquet"))
    }
    assert findings
    assert [str(path) for path, same in findings.items() if not same] == []


def test_plain_papermill_from_another_folder(tmp_path):
    target = tmp_path / "out.ipynb"
    source = notebooks_dir() / "04_attribution.ipynb"
    subprocess.run(
        [sys.executable, "-m", "papermill", str(source), str(target), "-p", "cohort", "star-1986",
         "-p", "out_dir", str(tmp_path / "out"), "--no-progress-bar"],
        cwd=tmp_path, check=True, capture_output=True,
        # The kernel named python3 of whoever runs the tests is not what this is about.
        env=os.environ | {"JUPYTER_PREFER_ENV_PATH": "1"},
    )  # fmt: skip
    book = json.loads(target.read_text())
    outputs = [o for cell in book["cells"] if cell["cell_type"] == "code" for o in cell["outputs"]]
    assert outputs
    assert not [o for o in outputs if o["output_type"] == "error"]
    assert (tmp_path / "out/.work/star-1986/findings/04_attribution.parquet").exists()


def findings_of(out: Path, cohort: str):
    return FindingStore(Workspace(out), cohort).read_all()


def pages_of(out: Path, cohort: str) -> str:
    """Text of a cohort's pages without their pictures, whose code is one word of a hundred thousand letters."""
    pages = (p.read_text(encoding="utf-8") for p in sorted((out / "reports" / cohort).glob("*.html")))
    return " ".join(re.sub(r'src="data:[^"]*"', "", page) for page in pages)


def test_what_only_programme_children_have_is_never_attributed_nor_priced(result, out):
    found = list(findings_of(out, "simulated-typical"))
    only_programme = [f for f in found if f.outcome.startswith("sdq") or f.outcome == "confidence"]
    assert only_programme
    assert {f.claim for f in only_programme} <= {"description", "association"}
    assert not [f for f in only_programme if f.unit == "money"]
    attendance = next(f for f in found if f.finding_id == "attribution.att.attendance.endline")
    assert attendance.claim == "effect"
    assert attendance.has_interval
    text = pages_of(out, "simulated-typical")
    sentences = [text[m.start() : m.start() + 120] for m in re.finditer(r"\bcaused\b", text)]
    assert sentences
    assert not [s for s in sentences if "SDQ" in s or "onfidence" in s]


def test_hidden_selection_is_never_said_to_have_caused_anything(result, out):
    assert not [f for f in findings_of(out, "simulated-hidden") if f.claim == "effect"]
    assert not re.search(r"\bcaused\b", pages_of(out, "simulated-hidden"))


def test_the_true_effect_lies_in_the_interval_of_the_published_estimate(result, out):
    # The same is held over a hundred fresh cohorts in test_simulated_worlds.py.
    found = findings_of(out, "simulated-complete")
    att, naive = found["attribution.att.english.endline"], found["attribution.naive.english.endline"]
    cohort, plan = load_cohort_and_plan("simulated-complete")
    frame = analysis_frame(cohort)
    matched = attribute(
        cohort, frame, plan.matching, [plan.primary], plan.selection, plan.seed
    ).matched_programme("english_endline")
    truth = load_truth(cohort.folder).att("english_endline", matched)
    assert att.ci_low <= truth <= att.ci_high
    assert not naive.ci_low <= truth <= naive.ci_high


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_summary_says_all_a_commissioner_needs_before_any_table(result, out, cohort):
    page = (out / "reports" / cohort / "09_summary.html").read_text(encoding="utf-8")
    first = page[: page.index("<table")]
    for topic in (
        "The children.", "What changed.", "Engagement.", "What it is worth.",
        "This does not show", "Real or simulated.", "How sure are we?", "What to do next",
    ):
        assert topic in first, topic
    assert sum(topic in first for topic in EFFECT_TOPICS) == 1


@pytest.mark.parametrize("cohort", COHORTS)
def test_every_picture_states_what_it_found_to_those_who_cannot_see_it(result, out, cohort):
    for path in sorted((out / "reports" / cohort).glob("0*.html")):
        for alt in re.findall(r'<figure><img [^>]*?alt="([^"]*)"', path.read_text(encoding="utf-8")):
            assert re.search(r"\d|hidden|Not shown here", alt), (path.name, alt)


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_summary_is_plain_english(result, out, cohort):
    page = (out / "reports" / cohort / "09_summary.html").read_text(encoding="utf-8")
    # What pops up beside a word is read on its own.
    page = re.sub(r'<span class="meaning".*?</span>', "", page)
    paragraphs = re.findall(r'<p class="wlz-say">(?:<strong>.*?</strong>)?(.*?)</p>', page)
    said = [unescape(re.sub("<[^>]+>", "", paragraph)) for paragraph in paragraphs]
    assert len(said) >= 12
    assert readability(said).beyond() == ()


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_summary_on_paper_keeps_what_its_page_says_on_two_sheets(result, out, cohort):
    pytest.importorskip("weasyprint")
    path = out / "reports" / cohort / "09_summary.html"
    printed = Printer().page("09_summary", path.read_text(encoding="utf-8"))
    assert losses(path, printed) == []
    assert losses(path.with_name("04_attribution.html"), printed)
    assert sheet_of(printed, "What to do next") <= 2
    assert sheet_of(printed, "How large are the differences?") == 2
    # What a reader looks up, and how the page was made, follow on a sheet of their own.
    assert sheet_of(printed, "Words used on this page") == sheet_of(printed, "How this page was made") == 3
