"""Test sets for word vectors: see `load_test_set` and `recognise`."""

from apps.word_analogies.testsets.load import BUILTIN, builtin, load_test_set, load_test_sets
from apps.word_analogies.testsets.recognise import recognise
from apps.word_analogies.testsets.sets import AnalogySet, PairSet, TestSet

__all__ = [
    "BUILTIN",
    "AnalogySet",
    "PairSet",
    "TestSet",
    "builtin",
    "load_test_set",
    "load_test_sets",
    "recognise",
]
