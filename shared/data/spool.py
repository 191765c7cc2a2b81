"""A temporary file of pictures that cannot be read again where they came from.

The members of a compressed archive and the records of a data set come by once, in order. They are
written one behind the other into a file without a name, from which any of them can be read at any
time; so neither memory nor a folder of unpacked names is needed. The file goes with its last user.
"""

import functools
import os
import tempfile
import weakref
from collections.abc import Callable


class Spool:
    """Bytes put away on disk.

    Example:
    >>> spool = Spool()
    >>> first, second = spool.add(b"one"), spool.add(b"two")
    >>> second(), first()
    (b'two', b'one')
    """

    def __init__(self) -> None:
        self._descriptor, name = tempfile.mkstemp(prefix="brickyard-")
        os.unlink(name)
        self._end = 0
        weakref.finalize(self, os.close, self._descriptor)

    def add(self, data: bytes) -> Callable[[], bytes]:
        """Puts bytes away and returns what reads them, from any thread."""
        begin = self._end
        rest = memoryview(data)
        while rest:
            rest = rest[os.pwrite(self._descriptor, rest, self._end) :]
            self._end = begin + len(data) - len(rest)
        return functools.partial(self._read, begin, len(data))

    def _read(self, begin: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, begin)
