"""Words in place of a sentence whose numbers are hidden: the mark of tables reads badly in the middle of one."""

from __future__ import annotations

import re
from html import escape

from wlz_eval.release.rule import HIDDEN, Rule

__all__ = ["SENTENCE_END", "in_plain_words", "not_shown"]

#: Parts sentences.
SENTENCE_END = re.compile(r"(?<=\.) ")
_NUMBER = re.compile(r"<data[^>]*>(.*?)</data>", re.DOTALL)


def not_shown(rule: Rule) -> str:
    """Say in place of a sentence on numbers of children that they are not shown, true however they came to be hidden.

    Examples
    --------
    >>> not_shown(Rule())
    'How many children is not shown here, so that no number of fewer than 10 can be worked out.'
    """
    return f"How many children is not shown here, so that no number of fewer than {rule.threshold} can be worked out."


def in_plain_words(html: str, rule: Rule) -> str:
    """Put plain words in place of each sentence with several hidden numbers, or with none but hidden ones.

    A sentence with one hidden number among others that are shown stands as it is. What the rule hid when it was said
    and what was withheld later, for another number's sake, give way to the same words.

    Parameters
    ----------
    html : str
        Sentences with each number in a ``<data>`` element.
    rule : Rule
        Threshold that the words name.

    Examples
    --------
    >>> in_plain_words('Of <data value="">hidden</data>, <data value="">hidden</data> were seen. All are well.', Rule())
    'How many children is not shown here, so that no number of fewer than 10 can be worked out. All are well.'
    """
    words = escape(not_shown(rule))
    kept: list[str] = []
    for part in SENTENCE_END.split(html):
        numbers = _NUMBER.findall(part)
        hidden = sum(number == HIDDEN for number in numbers)
        said = words if hidden > 1 or (hidden and hidden == len(numbers)) else part
        if not (said == words and words in kept):
            kept.append(said)
    return " ".join(kept)
