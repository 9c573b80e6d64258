"""A plan that cannot work ends the check and the run with what to mend, and never with a traceback."""

from __future__ import annotations

import pytest

from wlz_eval.cli import main

BROKEN = {
    "a misspelt key": ("  caliper: null", "  calliper: 0.1", "Did you mean caliper?"),
    "a wrong type": ("  caliper: null", "  caliper: [wide]", "matching.caliper"),
    "what the method does not know": ("  caliper: null", "  caliper: 0.2\n  method: cem", "no caliper"),
    "a column that is not there": ("+ fsm", "+ fsmm", "Did you mean fsm"),
    "a later wave": ("english_baseline + fsm", "english_endline + fsm", "after the programme began"),
    "the treatment": ("+ fsm", "+ programme", "who was on the programme"),
    "two sides on the right": ("+ fsm", "| fsm", "more than one part on a side"),
    "an outcome twice": ("engagement:", "  - {measure: english, wave: endline}\nengagement:", "stands twice"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_broken_plan_is_refused_in_words(name, verb, tiny_cohort_folder, tmp_path, monkeypatch, capsys):
    old, new, words = BROKEN[name]
    path = tiny_cohort_folder / "plan.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    more = ["--out", str(tmp_path / "out"), "--quiet"] if verb == "run" else []
    monkeypatch.setattr("sys.argv", ["wlz-eval", verb, str(tiny_cohort_folder), *more])
    with pytest.raises(SystemExit) as ended:
        main()
    said = "".join(capsys.readouterr())
    assert ended.value.code not in (0, None)
    assert words in " ".join(said.split())
    assert "Traceback" not in said
