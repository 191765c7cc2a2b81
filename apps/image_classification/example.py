"""One picture and its label: what every reader makes and every batch is built from."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """A picture whose encoded bytes are read when they are needed.

    Two examples are equal when name, label and content are.

    Args:
        name: what a user recognises: a path, a member of an archive, a number in a data set.
        label: its class.
        sha256: digest of the encoded bytes, hexadecimal.
        read: returns the encoded bytes; may be called again, and from several threads.

    Example:
    >>> Example("roses/1.jpg", "roses", "9f86d0", lambda: b"...")
    Example(name='roses/1.jpg', label='roses', sha256='9f86d0')
    """

    name: str
    label: str
    sha256: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
