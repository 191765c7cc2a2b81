"""How the files of pictures begin; needs no TensorFlow.

`shared.images.readable` asks it, and apps that have to tell bytes of a picture from text.
"""

MARKS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF")


def is_marked(data: bytes) -> bool:
    """Says whether bytes begin like a JPEG, PNG, GIF, BMP or WebP file.

    Example:
    >>> is_marked(b"GIF89a..."), is_marked(b"photo.gif")
    (True, False)
    """
    return data.startswith(MARKS)
