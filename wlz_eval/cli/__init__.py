"""The command ``wlz-eval``: a thin skin over the library.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at once.
Exit status: 0 all well, 1 a notebook failed, 2 the request or the data are wrong, 3 the publication gate
refused.
"""

from wlz_eval.cli import running, cohorts, privacy  # isort: skip  # registered in the order in which --help lists them
from wlz_eval.cli.application import app
from wlz_eval.cli.entry import join_parameters, main
from wlz_eval.cli.options import Audience, Effort, Held, Selection

__all__ = ["Audience", "Effort", "Held", "Selection", "app", "cohorts", "join_parameters", "main", "privacy", "running"]
