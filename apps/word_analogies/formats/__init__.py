"""Files of word vectors: see `read_vectors` and `write_vectors`."""

from apps.word_analogies.formats.forms import FORMS, Form, read_vectors, write_vectors

__all__ = ["FORMS", "Form", "read_vectors", "write_vectors"]
