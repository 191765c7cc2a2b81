"""Files of word vectors: see `read_vectors` and `write_vectors`."""

from apps.word_analogies.formats.forms import (
    FORMS,
    Form,
    looks_like_vectors,
    read_vectors,
    write_vectors,
)

__all__ = ["FORMS", "Form", "looks_like_vectors", "read_vectors", "write_vectors"]
