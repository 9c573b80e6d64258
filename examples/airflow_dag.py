"""Every cohort each night, one a task, and one site of all of them at the end.

Put this file where Airflow looks for DAGs, and set PROJECT to the project's folder, which every Airflow worker sees.
A task fails when a notebook fails (exit status 1), its data are refused (2) or its pages may not be published (3).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

PROJECT = "/srv/wlz-eval"
OUT = "/srv/wlz-eval/runs"
COHORTS = ("star-1986", "simulated-complete", "simulated-typical", "simulated-hidden")

#: Each cohort has an output folder of its own, since only one run at a time may write to one.
RUN = "wlz-eval run {cohort} --workers 2 --json --out {out}/{cohort}"
SITE = "wlz-eval site --out {out}/all {gathered}"

with DAG(
    dag_id="wlz_eval",
    start_date=datetime(2026, 1, 1),
    schedule="0 2 * * *",
    catchup=False,
    max_active_runs=1,
    # Whatever was finished before a fault is not run again.
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
) as dag:
    site = BashOperator(
        task_id="site",
        bash_command=f"cd {PROJECT} && source .venv/bin/activate && "
        + SITE.format(out=OUT, gathered=" ".join(f"--from {OUT}/{cohort}" for cohort in COHORTS)),
    )
    for cohort in COHORTS:
        task = BashOperator(
            task_id=f"run_{cohort.replace('-', '_')}",
            bash_command=f"cd {PROJECT} && source .venv/bin/activate && " + RUN.format(cohort=cohort, out=OUT),
        )
        task >> site
