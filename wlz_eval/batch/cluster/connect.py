"""Reach a cluster, and refuse one that would compute something else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wlz_eval.batch.cluster.identity import differences, identity
from wlz_eval.batch.cluster.parcel import Store
from wlz_eval.core.errors import RunError

__all__ = ["check_workers", "connect"]

#: Seconds within which the scheduler must answer, and within which it must have a worker.
ANSWER = 8
WORKERS = 30

_START = "dask scheduler, and dask worker ADDRESS --nworkers N --nthreads 1 on each machine"


def connect(address: str) -> Any:
    """Connect to the scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``, or the scheduler's file (``.json``).

    Returns
    -------
    distributed.Client

    Raises
    ------
    RunError
        When the extra is missing, or nobody answers.
    """
    try:
        import fsspec  # noqa: F401 - needed as soon as there is a job
        from distributed import Client
    except ImportError as error:
        raise RunError(
            f"--cluster needs the extra 'cluster', and {error.name} is not installed. Run: pip install"
            " 'wlz-eval[cluster]', or: pip install distributed fsspec, here and on every worker."
        ) from None
    where: dict[str, Any] = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    if "scheduler_file" in where and not Path(address).is_file():
        raise RunError(f"There is no scheduler file {address}. Start: dask scheduler --scheduler-file {address}")
    try:
        return Client(**where, timeout=ANSWER, set_as_default=False, name="wlz-eval")
    except (OSError, ValueError, TimeoutError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(
            f"No Dask scheduler answers at {address} within {ANSWER} seconds ({said}). Start one: {_START}."
        ) from None


def check_workers(client: Any, share: str, store: Store, ours: Mapping[str, str]) -> None:
    """Make sure that there are workers, that they compute the same, and that they see what is shared.

    Raises
    ------
    RunError
        With each worker and what is wrong with it.
    """
    from wlz_eval.batch.cluster.worker import sees

    try:
        client.wait_for_workers(1, timeout=WORKERS)
    except TimeoutError:
        raise RunError(f"The cluster has had no worker for {WORKERS} seconds. Start them: {_START}.") from None
    studies = "data of the studies" in ours
    found = {"the scheduler": _scheduler(client, studies), **client.run(identity, studies, on_error="return")}
    wrong = []
    for who, theirs in found.items():
        if isinstance(theirs, BaseException):
            wrong.append(f"{who} cannot import this wlz_eval ({type(theirs).__name__}: {theirs})")
        else:
            wrong += [f"{who}: {difference}" for difference in differences(ours, theirs)]
    if wrong:
        lines = "\n".join(f"  - {line}" for line in wrong)
        raise RunError(
            f"The cluster would not compute what this machine computes:\n{lines}\nInstall the same version and the"
            " same requirements.lock everywhere, and start scheduler and workers again."
        )
    token = os.urandom(16)
    try:
        store.write("token", token)
    except OSError as error:
        raise RunError(f"{share} cannot be written ({error}). Choose another --share.") from None
    seen = client.run(sees, share, "token", token, on_error="return")
    blind = [who for who, answer in seen.items() if answer is not True]
    if blind:
        raise RunError(
            f"{', '.join(blind)} cannot read {share}, through which data and results pass. Put --out in a folder that"
            " every worker sees under the same path, or name such a folder or address (s3://...) with --share."
        )


def _scheduler(client: Any, studies: bool) -> Any:
    try:
        return client.run_on_scheduler(identity, studies)
    except Exception as error:
        return error
