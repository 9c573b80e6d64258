"""What tests of batches share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from wlz_eval.batch.warm import WarmServer


class _Kept(WarmServer):
    """Outlives the batch that asked for it."""

    def close(self) -> None:
        """Stay for the next one."""


@pytest.fixture(scope="session", autouse=True)
def one_warm_process() -> Iterator[None]:
    """Let all batches of this process copy their kernels from one: each would import the whole stack again.

    Batches that a test starts as commands have their own, as users have.
    """
    kept: list[_Kept] = []

    def get(environment: Mapping[str, str]) -> WarmServer:
        if not kept or not kept[-1].alive:
            kept.append(_Kept(environment))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wlz_eval.batch.warm.source.WarmServer", get)
        yield
    for server in kept:
        WarmServer.close(server)
