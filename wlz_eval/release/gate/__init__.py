"""The publication gate: reads what was written, as an attacker would, and says why it must not be published.

Reasons never repeat what they found, since they may be shown themselves. Files become text, metadata and cells
(:mod:`.readers`), which are held (:mod:`.checks`) against what is known of the cohort's tables (:mod:`.known`) and
against the release ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from wlz_eval.release.gate.checks import ABOUT_CHILDREN, CHECKS, ledger_refusals
from wlz_eval.release.gate.known import NOTHING, Known, known_of
from wlz_eval.release.gate.material import Case, Material, Refusal
from wlz_eval.release.gate.readers import read
from wlz_eval.release.ledger import Ledger

__all__ = ["NOTHING", "Known", "Refusal", "gate", "known_of"]


def gate(
    folder: Path,
    *,
    audience: str,
    identifiers: Collection[str] = (),
    ledgers: Sequence[Ledger] = (),
    private: Sequence[str] = (),
    known: Known = NOTHING,
) -> tuple[Refusal, ...]:
    """Read every file that is about to be published.

    Parameters
    ----------
    folder : Path
        The staging folder.
    audience : str
        For whom it is.
    identifiers : collection of str
        Identifiers to look for besides those in `known`.
    ledgers : sequence of Ledger
        What each notebook has shown; a page ``x.html`` is held against the ledger of notebook ``x``.
    private : sequence of str
        Texts that must not appear, such as the paths of the project and of the output folder.
    known : Known
        What of the cohort's tables must not appear (:func:`known_of`).

    Returns
    -------
    tuple of Refusal
        Why the folder must not be published; empty when it may.
    """
    refusals = [refusal for ledger in ledgers for refusal in ledger_refusals(ledger, audience)]
    case = Case(
        audience=audience,
        known=known | Known(frozenset(str(i) for i in identifiers)),
        private=private,
        threshold=max((ledger.rule.threshold for ledger in ledgers), default=10),
        ledgers={ledger.notebook: ledger for ledger in ledgers},
    )
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            refusals.append(Refusal(_speakable(name, case), "is a link or no file at all"))
        elif path.is_file():
            refusals.extend(Refusal(_speakable(name, case), reason) for reason in _reasons(path, name, case))
    return tuple(dict.fromkeys(refusals))


def _reasons(path: Path, name: str, case: Case) -> list[str]:
    material = read(path, name)
    if material is None:
        return ["is of a kind that the gate cannot read"]
    return [reason for check in CHECKS[case.audience] for reason in check(material, case)]


def _speakable(name: str, case: Case) -> str:
    """Return a file's name, unless the name itself is what must not be repeated."""
    alone = Material(name=name, kind="document")
    return "a file" if any(True for check in ABOUT_CHILDREN for _ in check(alone, case)) else name
