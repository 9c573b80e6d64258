"""How hard a text is to read: reading age, length of sentences, passive sentences, words that few readers know.

Everything is counted by rules that are written here, since a word list would be one more thing to trust. A number, with
its sign and currency, counts as one word with a syllable for each digit; what stands in brackets counts like the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

__all__ = ["BANNED", "READING_BOUNDS", "Readability", "readability", "syllables"]

#: Words of the trade that a summary does not use, with what to say instead.
BANNED: dict[str, str] = {
    "statistically significant": "say what the interval leaves open",
    "significance": "say what the interval leaves open",
    "p-value": "give the interval",
    "covariate": "what was known at the start",
    "propensity": "how likely a child was to be chosen",
    "counterfactual": "what would have happened",
    "heterogeneity": "differences between children",
    "robustness": "other ways to work it out",
    "regression": "leave it to the pages behind",
    "coefficient": "difference",
    "endogenous": "leave it out",
    "att": "difference from matched children",
    "confidence interval": "95% interval",
    "net present value": "benefits less costs",
    "imputation": "filling of gaps",
    "utilise": "use",
    "prior to": "before",
    "in order to": "to",
}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that a summary may ask of its reader.

    Parameters
    ----------
    reading_age : float
        Years: the Flesch-Kincaid grade plus five.
    words_a_sentence : float
        On average.
    longest : int
        Words of the longest sentence.
    passive : float
        Share of sentences with a passive verb.
    """

    reading_age: float = 14.5
    words_a_sentence: float = 20.0
    longest: int = 40
    passive: float = 0.25


#: Bounds of notebook 09, for every cohort. A quarter may be passive: how children were chosen, and what was measured,
#: has no other subject worth a reader's time.
READING_BOUNDS = Bounds()

#: Participles that do not end in -ed.
_IRREGULAR = (
    "begun|brought|built|chosen|done|drawn|driven|found|given|held|hidden|kept|known|laid|led|left|lost|made|meant|met|"
    "paid|put|read|said|seen|sent|set|shown|spent|spoken|taken|taught|thought|told|understood|won|written"
)
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\b(?: (?:not|never|also|only|now|still|then|well|\w+ly))? "
    rf"(?:(?!(?:need|indeed|speed)\b)\w{{2,}}ed|{_IRREGULAR})\b",
    re.IGNORECASE,
)
#: What ends in -ed after "is" and tells of a state, not of something done by somebody.
_STATES = re.compile(r"\b(?:is|are|was|were|be) (?:not )?(?:supposed|used|related) to\b", re.IGNORECASE)
_NUMBER = r"[−+-]?[£$€]?\d[\d,]*(?:\.\d+)?%?"
_WORD = re.compile(rf"{_NUMBER}|[A-Za-z]+(?:['’-][A-Za-z]+)*")


@dataclass(frozen=True, kw_only=True)
class Readability:
    """What was counted in a text.

    Parameters
    ----------
    sentences, words : int
    grade : float
        Flesch and Kincaid's grade: .39 words a sentence + 11.8 syllables a word − 15.59.
    longest : str
        The longest sentence.
    longest_words : int
        Its words.
    passive : tuple of str
        Sentences with a passive verb.
    jargon : tuple of str
        Banned words that were found.
    """

    sentences: int
    words: int
    grade: float
    longest: str
    longest_words: int
    passive: tuple[str, ...]
    jargon: tuple[str, ...]

    @property
    def reading_age(self) -> float:
        """Age at which a pupil of that grade reads the text with ease."""
        return self.grade + 5

    @property
    def words_a_sentence(self) -> float:
        """Average length of a sentence."""
        return self.words / self.sentences

    def beyond(self, bounds: Bounds = READING_BOUNDS) -> tuple[str, ...]:
        """Say which bounds the text does not keep; empty when it keeps all.

        Examples
        --------
        >>> readability(["The cat sat on the mat."]).beyond()
        ()
        """
        share = len(self.passive) / self.sentences
        wrong = [
            (self.reading_age > bounds.reading_age, f"its reading age is {self.reading_age:.1f}"),
            (self.words_a_sentence > bounds.words_a_sentence, f"{self.words_a_sentence:.1f} words a sentence"),
            (self.longest_words > bounds.longest, f"a sentence of {self.longest_words} words: {self.longest}"),
            (share > bounds.passive, f"{100 * share:.0f}% passive sentences: {' | '.join(self.passive)}"),
            (bool(self.jargon), f"words of the trade: {', '.join(self.jargon)}"),
        ]
        return tuple(words for bad, words in wrong if bad)


def syllables(word: str) -> int:
    """Count the syllables of an English word by its groups of vowels.

    Examples
    --------
    >>> [syllables(w) for w in ("cat", "programme", "measured", "children", "interval", "13.4", "chosen", "little")]
    [1, 2, 2, 2, 3, 3, 2, 2]
    """
    bare = re.sub(r"[^a-z]", "", word.lower())
    if not bare:
        return max(1, sum(c.isdigit() for c in word))
    if len(bare) > 1 and word.isupper():
        return len(bare)
    bare = re.sub(r"(?<=m)me$|(?<=[^aeiouy])e$(?<![^aeiou]le)", "", bare)
    bare = re.sub(r"(?<=[^aeioutd])ed$|(?<=[^aeiousxzcgh])es$(?<![^aeiou]les)", "", bare)
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def split_sentences(text: str) -> list[str]:
    """Split a paragraph into sentences; a stop inside brackets ends none.

    Examples
    --------
    >>> split_sentences("It rose by 3.1 points (95% interval 1.0 to 5.2 points). Why? Nobody knows.")
    ['It rose by 3.1 points (95% interval 1.0 to 5.2 points).', 'Why?', 'Nobody knows.']
    """
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z−\d£$€'‘“])(?![^()]*\))", text)
    return [part.strip() for part in parts if re.search(r"\w", part)]


def readability(paragraphs: Iterable[str], known: Collection[str] = ()) -> Readability:
    """Measure how hard a text is to read.

    Parameters
    ----------
    paragraphs : iterable of str
        Plain text.
    known : collection of str
        Banned words that the page explains to its reader, such as the terms of its glossary.

    Returns
    -------
    Readability

    References
    ----------
    Kincaid, Fishburne, Rogers and Chissom (1975), Derivation of new readability formulas.

    Examples
    --------
    >>> round(readability(["The cat sat on the mat. It was glad."]).grade, 1)
    -2.0
    """
    found = [s for paragraph in paragraphs for s in split_sentences(paragraph)]
    if not found:
        raise ValueError("There is no sentence to read.")
    counted = [_WORD.findall(s) for s in found]
    words = [word for sentence in counted for word in sentence]
    longest = max(range(len(found)), key=lambda i: len(counted[i]))
    grade = 0.39 * len(words) / len(found) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    whole = " ".join(found).lower()
    explained = {word.lower() for word in known}
    return Readability(
        sentences=len(found),
        words=len(words),
        grade=grade,
        longest=found[longest],
        longest_words=len(counted[longest]),
        passive=tuple(s for s in found if _PASSIVE.search(_STATES.sub("", s))),
        jargon=tuple(b for b in BANNED if b not in explained and re.search(rf"\b{re.escape(b)}s?\b", whole)),
    )
