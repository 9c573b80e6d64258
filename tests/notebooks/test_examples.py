"""The examples for schedulers: their commands are ones that the command line knows, and their parts fit."""

from __future__ import annotations

import ast
import py_compile
import re
import shlex
import subprocess

import pytest
import typer

from wlz_eval.cli import app
from wlz_eval.core.files import project_root

EXAMPLES = project_root() / "examples"


def commands():
    """Each call of wlz-eval in the examples, with what a scheduler fills in filled in."""
    found = []
    for path in sorted(EXAMPLES.iterdir()):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        text = text.replace('" + OUT + "', "runs").replace("{threads}", "1")
        for line in re.findall(r"wlz-eval (?:run|site|studies)[^\n\"']*(?:\"\$\w+\"[^\n\"']*)*", text):
            line = re.sub(r"\{params.gathered\}|\{gathered\}", "--from runs/a --from runs/b", line)
            found.append((path.name, re.sub(r"\{[\w.]+\}", "x", line)))
    return found


def test_every_example_has_its_commands():
    assert {name for name, _ in commands()} == {"Snakefile", "airflow_dag.py", "slurm.sh"}
    assert len(commands()) == 5


@pytest.mark.parametrize(("name", "line"), commands())
def test_commands_parse(name, line):
    verb, *arguments = shlex.split(line)[1:]
    command = typer.main.get_command(app).commands[verb]
    context = command.make_context(verb, arguments)
    assert context.params["out"], "a task has an output folder of its own"


def test_the_dag_compiles_and_the_script_is_valid_shell(tmp_path):
    py_compile.compile(str(EXAMPLES / "airflow_dag.py"), cfile=str(tmp_path / "dag.pyc"), doraise=True)
    subprocess.run(["bash", "-n", EXAMPLES / "slurm.sh"], check=True)


def test_cohorts_of_the_examples_ship():
    from wlz_eval.cohort import shipped_cohorts

    for name in ("Snakefile", "airflow_dag.py"):
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        text = text.replace('config.get("cohorts", ', "")
        listed = re.search(r"COHORTS = .*?([\[(]\"[^\])]*[\])])", text).group(1)
        assert set(ast.literal_eval(listed)) <= {str(cohort) for cohort in shipped_cohorts()}
