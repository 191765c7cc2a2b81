"""Joins words that often come together into one: new york becomes new_york.

A pair of words a b is a phrase where its score is above a threshold:

    score(a, b) = (count(a b) - discount) * V / (count(a) * count(b)),

the formula (6) of Mikolov, Sutskever, Chen, Corrado and Dean, 2013, arXiv:1310.4546. The factor V,
the number of distinct words and pairs, is gensim's, which counts and scores: thresholds then
mean the same for small and large corpora. A second pass joins phrases too: new_york times.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.errors import BundleError, ConfigError
from shared.files import write_text

JOINT = "_"
# No word holds a space, so a pair can be cut in two again, also when its words are phrases.
_PAIR = " "
PAIR_TABLE = 10_000_000
REPORT_EVERY = 2_000

Scores = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Phrases:
    """The phrases of each pass, with their scores.

    Args:
        passes: {pair: score} of the first pass, the second, and so on.

    Example:
    >>> phrases = Phrases(({("new", "york"): 20.0}, {("new_york", "times"): 15.0}))
    >>> list(phrases.join([["the", "new", "york", "times", "was", "new"]]))
    [['the', 'new_york_times', 'was', 'new']]
    """

    passes: tuple[Scores, ...]

    def __len__(self) -> int:
        return sum(map(len, self.passes))

    def join(self, sentences: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yields the sentences with their phrases joined, from left to right, pass by pass."""
        for sentence in sentences:
            yield functools.reduce(_joined, self.passes, sentence)

    def save(self, path: Path) -> None:
        """Writes "word TAB word TAB score" a line, the best first; an empty line ends a pass."""
        lines = []
        for scores in self.passes:
            ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
            lines += [f"{first}\t{second}\t{score!r}\n" for (first, second), score in ordered]
            lines.append("\n")
        write_text(path, "".join(lines))

    @classmethod
    def load(cls, path: Path) -> "Phrases":
        """Reads what `save` wrote.

        Raises:
            BundleError: the file is missing or is no list of phrases.
        """
        passes: list[Scores] = []
        scores: Scores = {}
        try:
            # Only "\n" ends a line here; universal newlines would cut at others too.
            for line in path.read_bytes().decode("utf-8").split("\n")[:-1]:
                if line:
                    first, second, score = line.split("\t")
                    scores[first, second] = float(score)
                else:
                    passes.append(scores)
                    scores = {}
            if scores:
                raise ValueError("the empty line at its end is missing")
        except (OSError, ValueError) as error:
            raise BundleError(
                f"Expected a readable list of phrases at {path}, received: {error}; "
                "restore the run folder from a copy or train again."
            ) from None
        return cls(tuple(passes))


def _joined(sentence: list[str], scores: Scores) -> list[str]:
    joined: list[str] = []
    open_word = ""  # may still become the first half of a phrase
    for word in sentence:
        if open_word and (open_word, word) in scores:
            joined.append(f"{open_word}{JOINT}{word}")
            open_word = ""
        else:
            if open_word:
                joined.append(open_word)
            open_word = word
    if open_word:
        joined.append(open_word)
    return joined


def find_phrases(
    sentences: Callable[[], Iterable[list[str]]],
    *,
    passes: int = 1,
    discount: int = 5,
    threshold: float = 10.0,
    progress: Callable[[int], None] | None = None,
) -> Phrases:
    """Finds the phrases of a corpus, which is read once for each pass.

    Of an endless number of different pairs the rare ones are forgotten on the way, as in
    `apps.word_analogies.corpus.counting`.

    Args:
        sentences: gives the sentences anew at each call, such as `Corpus.sentences`.
        passes: 1 for pairs, 2 for phrases of up to four words; 0 for none.
        discount: of the formula; pairs not seen more often than this are no phrases; 1 or more.
        threshold: of the score, above 0; a higher one gives fewer phrases.
        progress: told the number of words read so far, in all passes together, now and then.

    Raises:
        ConfigError: a setting is out of its range.
    """
    if passes < 0 or discount < 1 or not threshold > 0:
        raise ConfigError(
            "Expected phrase passes of 0 or more, a discount of 1 or more and a threshold above "
            f"0, received {passes}, {discount} and {threshold}."
        )
    from gensim.models.phrases import Phrases as Counted

    found = Phrases(())
    read = 0

    def told(joined: Iterable[list[str]]) -> Iterator[list[str]]:
        nonlocal read
        for number, sentence in enumerate(joined, start=1):
            read += len(sentence)
            if progress and number % REPORT_EVERY == 0:
                progress(read)
            yield sentence

    for _ in range(passes):
        counted = Counted(
            told(found.join(sentences())),
            min_count=discount,
            threshold=threshold,
            delimiter=_PAIR,
            max_vocab_size=PAIR_TABLE,
        )
        scores: Scores = {}
        for pair, score in counted.export_phrases().items():
            first, second = pair.split(_PAIR)
            scores[first, second] = float(score)
        found = Phrases((*found.passes, scores))
    return found
