"""One image and what people wrote of it: what every reader makes and every batch is built from."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """An image whose encoded bytes are read when they are needed.

    Two examples are equal when name, content and captions are.

    Args:
        name: what a user recognises: a path, a member of an archive, a number in a data set.
        sha256: digest of the encoded bytes, hexadecimal.
        read: returns the encoded bytes; may be called again, and from several threads.
        captions: as they were written, one or more.

    Example:
    >>> Example("1.jpg", "9f86d0", lambda: b"...", ("A dog runs.", "A brown dog."))
    Example(name='1.jpg', sha256='9f86d0', captions=('A dog runs.', 'A brown dog.'))
    """

    name: str
    sha256: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    captions: tuple[str, ...]
