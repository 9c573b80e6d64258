"""Findings, the release ledger and disclosure control: how a number leaves a notebook."""

from wlz_eval.release.columns import Children, Column, Interval, Label, Number, Percent, Statistic
from wlz_eval.release.figures import plot_sizes
from wlz_eval.release.findings import FindingSet, FindingStore, Stamp
from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.notebook import NOTEBOOKS, Notebook, open_notebook
from wlz_eval.release.rule import Released, Rule, release_finding
from wlz_eval.release.sentences import Sentence
from wlz_eval.release.study import Study, open_study
from wlz_eval.release.summary import Summary, summarise
from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

__all__ = [
    "AUDIENCES",
    "NOTEBOOKS",
    "STUDIES",
    "Children",
    "Column",
    "FindingSet",
    "FindingStore",
    "Interval",
    "Label",
    "Ledger",
    "LedgerCell",
    "Notebook",
    "Number",
    "Percent",
    "Released",
    "Rule",
    "Sentence",
    "Stamp",
    "Statistic",
    "Study",
    "Summary",
    "Workspace",
    "open_notebook",
    "open_study",
    "plot_sizes",
    "release_finding",
    "summarise",
]
