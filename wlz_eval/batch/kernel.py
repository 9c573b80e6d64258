"""Kernels that are this interpreter, on one core, and untouched by the machine's own Jupyter settings.

A kernel named ``python3`` may be anything: a user's own kernel specification, or a ``JUPYTER_PATH``, can
point it at another Python. A batch therefore asks no specification on disk; it starts ``sys.executable``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import run_sync
from papermill.engines import NBClientEngine, papermill_engines
from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors, remove_error_markers
from papermill.parameterize import parameterize_notebook
from traitlets import Any as AnyTrait
from traitlets import Instance, default

from wlz_eval.batch.client import OwnKernelClient
from wlz_eval.batch.limits import LimitedClient
from wlz_eval.batch.output import Output
from wlz_eval.batch.usage import Usage
from wlz_eval.batch.warm.provisioner import PROVISIONER

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["ENGINE", "SINGLE_THREAD", "OwnKernelManager", "clean_up", "kernel_environment", "run_cells", "start_kernel"]

#: Name under which papermill knows the engine.
ENGINE = "wlz-eval"
#: Name that it is asked for; what it starts depends on no name.
_NAME = "python3"

#: Kernel class that ipykernel is told to start.
KERNEL = "wlz_eval.batch.stopping.StoppingKernel"
#: Class of its standard output and error.
STREAM = "wlz_eval.batch.stopping.ToldStream"

#: Seconds that a cell's output may take to arrive after the cell has ended: seconds of nothing on a busy machine.
OUTPUT_TIMEOUT = 120

#: Milliseconds after which a channel tries again to reach a kernel that does not listen yet.
RECONNECT = 5

#: One thread for each linear-algebra and OpenMP library: several kernels at once that each take all cores
#: are many times slower than several that take one each.
SINGLE_THREAD: dict[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "ARROW_NUM_THREADS": "1",
    # Its thread that tidies memory would be there from the import on; a process that has threads is not safely copied.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}

#: Variables that would let the machine's settings change what a notebook shows.
_UNSET = (
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "IPYTHON",
    "MPLBACKEND",
    "PYTHONWARNINGS",
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
)


def kernel_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that keeps its own files in `folder`."""
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    own = {
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder),
        # What a killed notebook leaves among temporary files goes with its folder.
        "TMPDIR": str(folder),
        # Iteration over a set of words depends on the hash seed; a page must not.
        "PYTHONHASHSEED": "0",
    }
    return environment | SINGLE_THREAD | own


class OwnKernelSpecs(KernelSpecManager):
    """Knows one kernel: this interpreter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return this interpreter's specification, whatever the name."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


class OwnKernelManager(AsyncKernelManager):
    """Starts this interpreter, and no other, as the kernel: a copy of `warm`, where there is such a process."""

    warm = AnyTrait(allow_none=True, default_value=None)
    #: What the kernel has taken so far.
    usage = Instance(Usage, args=())

    @default("context")
    def _own_context(self) -> zmq.asyncio.Context:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT)
        return context

    @default("client_factory")
    def _own_client(self) -> type[OwnKernelClient]:
        return OwnKernelClient

    @default("kernel_spec_manager")
    def _own_specs(self) -> KernelSpecManager:
        return OwnKernelSpecs(parent=self)


def start_kernel(manager: OwnKernelManager, folder: Path, output: Output) -> None:
    """Start a kernel whose process keeps to its folder and writes to `output`."""
    run_sync(manager.start_kernel)(
        extra_arguments=[
            f"--IPKernelApp.kernel_class={KERNEL}",
            f"--IPKernelApp.outstream_class={STREAM}",
            # Kernels side by side would wait for one another's history database.
            "--HistoryManager.enabled=False",
            "--HistoryManager.hist_file=:memory:",
        ],
        env=kernel_environment(folder),
        cwd=str(folder),
        stdout=output,
        stderr=output,
    )


def clean_up(manager: OwnKernelManager) -> None:
    """Close what a manager of a kernel that has ended still holds open: its file, its ports, its sockets."""
    # Where it never listened, jupyter_client looks for ports that it did not choose.
    if manager.provisioner is not None and manager.provisioner.connection_info:
        run_sync(manager.cleanup_resources)()


class OwnEngine(NBClientEngine):
    """papermill's own engine, for a kernel of ours that runs already."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **options: Any,
    ) -> None:
        """Execute the cells.

        `options`: ``manager`` (of the kernel, which runs), ``log``.
        """
        manager: OwnKernelManager = options["manager"]
        own: Any = manager.provisioner
        client = LimitedClient(
            nb_man,
            km=manager,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            iopub_timeout=OUTPUT_TIMEOUT,
            record_timing=False,
            # Panels are not kept in a report.
            store_widget_state=False,
            log_of_cuts=options["log"],
            on_cell_executed=lambda execute_reply, **about: manager.usage.cell_ended(
                execute_reply, getattr(own, "pid", None)
            ),
            # A kernel that does not come up holds nothing that a slower, polite end would save.
            shutdown_kernel="immediate",
        )
        try:
            client.execute()
            # Its berth waits for its end; until then it goes on dying while the notebook is written.
            own.begin_end()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()


def run_cells(
    notebook: NotebookNode, parameters: Mapping[str, Any], manager: OwnKernelManager, **options: Any
) -> NotebookNode:
    """Put the parameters into a notebook and run it, as ``papermill.execute_notebook`` does with its parts.

    That writes the notebook out as text whether or not anybody wants it, and asks of each parameter whether the
    notebook knows it, which is known before a batch begins.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill reads it; it is changed.
    parameters : mapping
        What papermill injects.
    manager : OwnKernelManager
        Of the kernel, which runs.
    **options
        Of :meth:`OwnEngine.execute_managed_notebook`.

    Raises
    ------
    papermill.PapermillExecutionError
        When a cell fails.
    """
    _register_engine()
    notebook = parameterize_notebook(
        notebook, dict(parameters), kernel_name=_NAME, language="python", engine_name=ENGINE
    )
    notebook = remove_error_markers(prepare_notebook_metadata(notebook, None, None))
    notebook = papermill_engines.execute_notebook_with_engine(
        ENGINE, notebook, kernel_name=_NAME, progress_bar=False, manager=manager, **options
    )
    raise_for_execution_errors(notebook, None)
    return notebook


def _register_engine() -> None:
    """Make the engine known to papermill, and quieten what it and nbclient say of faults that are reported here."""
    papermill_engines.register(ENGINE, OwnEngine)
    # Its one warning, of unknown parameters, comes from a pattern that misses some; they are checked before.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    logging.getLogger("asyncio").addFilter(_reported_elsewhere)


def _reported_elsewhere(record: logging.LogRecord) -> bool:
    """Pass everything but the remains of a client whose kernel was stopped."""
    message = record.getMessage()
    return not ("Task was destroyed but it is pending" in message and "nbclient" in message)
