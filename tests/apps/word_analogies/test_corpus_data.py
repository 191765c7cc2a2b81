"""Splits from every kind of source: text, test sets, the sample, TFDS."""

import os
import socket
import sys
from pathlib import Path

import pytest

from apps.word_analogies.corpus.counting import count_words
from apps.word_analogies.corpus.sample import sample_questions
from apps.word_analogies.corpus.tokens import Tokeniser
from apps.word_analogies.data import STANDARD, load_text, open_corpus
from apps.word_analogies.testsets import AnalogySet, PairSet
from shared.errors import DataError, MissingPackageError
from shared.testing.check_app import BAD_SOURCES

QUESTIONS = ": family\nking queen man woman\n: places\nrome italy paris france\n"


def test_the_sample():
    splits = load_text("sample", seed=2)
    (planted,) = splits.validation
    assert planted.sections == sample_questions() and not splits.test
    assert splits.info["source"] == "sample"
    train, validation = splits.info["parts"]
    assert (train["split"], train["examples"]) == ("train", 1)
    assert validation == {
        "name": "sample",
        "split": "validation",
        "sha256": planted.sha256,
        "examples": len(planted),
    }
    again, other = load_text("sample", seed=2), load_text("sample", seed=3)
    assert again.info == splits.info and repr(again.train) == repr(splits.train)
    assert other.info["parts"][0]["sha256"] != train["sha256"]
    assert list(splits.train.sentences()) == list(again.train.sentences())


def test_text_comes_with_the_standard_test_sets():
    splits = load_text("gensim:lee_background.cor")
    assert [one.name for one in splits.validation] == ["questions-words", "simlex999", "wordsim353"]
    assert [len(one) for one in splits.validation] == [19544, 999, 353]
    assert len(STANDARD) == 3 and not splits.test
    assert [part["split"] for part in splits.info["parts"]] == ["train"] + 3 * ["validation"]


def test_text_with_questions_of_ones_own(tmp_path):
    text, questions = tmp_path / "text.txt", tmp_path / "mine.txt"
    text.write_text("Sea and SKY.\n")
    questions.write_text(QUESTIONS)
    tokeniser = Tokeniser(lower=False)
    splits = load_text(str(text), tokeniser=tokeniser, questions=(str(questions),))
    assert list(splits.train.sentences()) == [["Sea", "and", "SKY"]]
    assert isinstance(splits.validation[0], AnalogySet) and len(splits.validation[0]) == 2
    sample = load_text("sample", questions=(str(questions), "gensim:simlex999.txt"))
    assert [one.name for one in sample.validation] == ["mine", "simlex999"]


@pytest.mark.parametrize(("content", "kind"), [(QUESTIONS, AnalogySet), ("a\tb\t1.5\n", PairSet)])
def test_a_test_set_is_not_trained_on(tmp_path, content, kind):
    path = tmp_path / "set.txt"
    path.write_text(content)
    splits = load_text(str(path))
    assert len(splits.train) == 0
    assert isinstance(splits.validation[0], kind)
    assert splits.validation == splits.test
    assert {part["split"] for part in splits.info["parts"]} == {"validation", "test"}


def test_a_test_set_of_gensim():
    splits = load_text("gensim:wordsim353.tsv")
    assert len(splits.test[0]) == 353 and len(splits.train) == 0


@pytest.mark.parametrize("source", ["no-such-file.txt", "gensim:nothing", "tfds:no_such_set"])
def test_missing_sources(source, tmp_path):
    with pytest.raises(DataError):
        load_text(source if ":" in source else str(tmp_path / source), data_dir=tmp_path)


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_bad_sources_are_refused_by_the_first_pass(name, tmp_path):
    with pytest.raises(DataError) as caught:
        source = str(BAD_SOURCES[name](tmp_path))
        count_words(load_text(source, data_dir=tmp_path).train.sentences(), min_count=1)
    assert "\n" not in str(caught.value)


def test_a_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(MissingPackageError, match="tensorflow_datasets"):
        load_text("tfds:anything")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    import tensorflow_datasets as tfds

    class HouseReviews(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")
        FIELD = "text"

        def _info(self):
            features = tfds.features.FeaturesDict({self.FIELD: tfds.features.Text()})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, manager):
            return {"train": self._generate_examples("sea"), "test": self._generate_examples("x")}

        def _generate_examples(self, word):
            for number in range(3):
                yield number, {self.FIELD: f"The {word}. So blue!\nReview {number}"}

    class HouseTitles(HouseReviews):
        FIELD = "title"

    folder = tmp_path_factory.mktemp("tfds")
    HouseReviews(data_dir=str(folder)).download_and_prepare()
    HouseTitles(data_dir=str(folder)).download_and_prepare()
    return folder


def test_text_of_a_catalogue_is_read_offline(data_dir, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was used"))
    corpus = load_text("tfds:house_reviews", data_dir=data_dir).train
    assert [file.name for file in corpus] == ["train"] and len(corpus[0].sha256) == 64
    expected = [["the", "sea"], ["so", "blue"]]
    for _ in range(2):
        sentences = list(corpus.sentences())
        assert len(sentences) == 9 and sentences[:2] == expected
        assert sorted(one[1] for one in sentences[2::3]) == ["0", "1", "2"]
    assert sum(1 for _ in corpus.documents()) == 3


def test_a_catalogue_without_text_is_refused(data_dir):
    with pytest.raises(DataError, match=r"field 'text'.*received title"):
        load_text("tfds:house_titles", data_dir=data_dir)


@pytest.mark.data
def test_wikipedia():
    corpus = open_corpus(Path(os.environ["BRICKYARD_DATA"]) / "enwiki_2015_150MB.txt.xz")
    sentences = (sentence for sentence, _ in zip(corpus.sentences(), range(50_000), strict=False))
    counts = count_words(sentences)
    assert counts.words[:3] == ("the", "of", "and") and "anarchism" in counts.words
    assert not {"doc", "curid"} & set(counts.words)
