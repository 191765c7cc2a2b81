"""Data sets in the layout of TensorFlow Datasets, written by the test and read without it."""

import pytest

from shared.data.catalogue import read_catalogue
from shared.errors import DataError
from tests_support.tfds_stories import RECORDS, write_stories
