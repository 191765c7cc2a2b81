"""The sample: the same for a seed, its questions right, and learnt by gensim in seconds."""

from collections import Counter

import pytest

from apps.word_analogies.corpus.sample import RELATIONS, sample_questions, sample_sentences
from apps.word_analogies.corpus.tokens import Tokeniser


def words_of(seed):
    cut = Tokeniser().sentences
    return [sentence for line in sample_sentences(seed) for sentence in cut(line)]


def test_the_same_seed_gives_the_same_text():
    assert sample_sentences(3) == sample_sentences(3) != sample_sentences(4)
    assert sample_sentences(3, count=50) == sample_sentences(3)[:50]


def test_its_size_and_that_every_asked_word_comes_often():
    sentences = words_of(0)
    counts = Counter(word for sentence in sentences for word in sentence)
    assert 60_000 < counts.total() < 100_000 and 150 < len(counts) < 400
    assert len(sentences) == len(sample_sentences(0))  # A line is a sentence.
    asked = {word for part in sample_questions().values() for one in part for word in one}
    assert min(counts[word] for word in asked) > 50


def test_questions_ask_every_two_pairs_both_ways():
    questions = sample_questions()
    assert set(questions) == set(RELATIONS) and len(questions) == 4
    for part in questions.values():
        pairs = {(a, b) for a, b, _, _ in part}
        assert len(part) == len(set(part)) == len(pairs) * (len(pairs) - 1)
        assert {(c, d) for _, _, c, d in part} == pairs
    assert ("king", "queen", "man", "woman") in questions["gender"]
    assert ("velsk", "ardonia", "ombrin", "estravia") in questions["capital-country"]
    assert ("sing", "sang", "ride", "rode") in questions["past-tense"]
    assert ("cat", "cats", "knife", "knives") in questions["plural"]


def test_no_word_has_two_parts():
    # A topic that were also asked for would be its own wrong answer.
    rows = [row for relation in RELATIONS.values() for row in relation.rows()]
    asked = [word.lower() for row in rows for word in row[:2]]
    topics = {word.lower() for row in rows for word in row[2:]}
    assert len(asked) == len(set(asked)) and not topics & set(asked)


@pytest.mark.parametrize("seed", [0, 1])
def test_gensim_learns_the_planted_relations(seed):
    from gensim.models import Word2Vec

    model = Word2Vec(
        words_of(seed), sg=1, vector_size=32, epochs=8, sample=0, min_count=1, workers=1, seed=1
    )
    for name, questions in sample_questions().items():
        right = sum(
            model.wv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == d
            for a, b, c, d in questions
        )
        assert right > 0.6 * len(questions), name
