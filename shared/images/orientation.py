"""Which way up a photo is: what a camera noted in the file, read and applied inside a graph.

`shared.images.decode` calls both. TensorFlow's decoders ignore the note, so that a photo taken with
a telephone on its side would be learnt, and served, lying down.
"""

import tensorflow as tf

# The note stands near the start of a file.
HEAD_BYTES = 16_384
_SPARE = 16


def orientation_of(data: tf.Tensor) -> tf.Tensor:
    """Returns the EXIF orientation of an encoded image.

    Only JPEG files are asked. The segments are walked as long as they are application data or
    comments, which is where EXIF stands; whatever the bytes say, nothing outside them is read.

    Source: CIPA DC-008 (Exif 2.32), sections 4.5 and 4.6.4, tag 274.

    Args:
        data: string scalar, the bytes of a file.

    Returns:
        int32 scalar, 1 (upright) to 8; 1 where nothing valid is noted.
    """
    head = tf.io.decode_raw(tf.strings.substr(data, 0, HEAD_BYTES), tf.uint8)
    length = tf.size(head)
    head = tf.cast(tf.pad(head, [[0, _SPARE]]), tf.int32)  # a read at the very end is inside

    def number(place: tf.Tensor, little: tf.Tensor) -> tf.Tensor:
        """Returns the 16-bit number at each place; 0 outside of the bytes."""
        inside = tf.logical_and(place >= 0, place < length)
        place = tf.where(inside, place, length)
        low, high = tf.gather(head, place), tf.gather(head, place + 1)
        return tf.where(little, low + 256 * high, 256 * low + high)

    def is_exif(place: tf.Tensor) -> tf.Tensor:
        """Whether the segment at a place is marked FF E1 and begins with "Exif"."""
        marks = [number(place + offset, big) for offset in (0, 4, 6)]
        return tf.reduce_all(tf.stack(marks) == [0xFFE1, 0x4578, 0x6966])

    def is_walked_over(place: tf.Tensor) -> tf.Tensor:
        marker = number(place, big)
        application = tf.logical_and(marker >= 0xFFE0, marker <= 0xFFEF)
        walked = tf.logical_or(application, marker == 0xFFFE)
        return tf.logical_and(walked, tf.logical_not(is_exif(place)))

    big = tf.constant(False)
    (segment,) = tf.while_loop(
        is_walked_over,
        # A segment that claims no length would be walked over for ever.
        lambda place: (place + 2 + tf.maximum(number(place + 2, big), 2),),
        (tf.constant(2),),
    )
    # === The table of the first picture: a count, and entries of 12 bytes that begin with a tag ===
    tiff = segment + 10
    little = number(tiff, big) == 0x4949
    low, high = (
        number(tiff + 4 + tf.where(little, 0, 2), little),
        number(tiff + 4 + tf.where(little, 2, 0), little),
    )
    table = tiff + tf.where(high == 0, low, length)
    count = tf.minimum(number(table, little), HEAD_BYTES // 12)
    entries = table + 2 + 12 * tf.range(count)
    found = tf.boolean_mask(number(entries + 8, little), number(entries, little) == 274)
    value = tf.concat([found, [1]], 0)[0]
    noted = tf.logical_and(number(tf.constant(0), big) == 0xFFD8, is_exif(segment))
    return tf.where(tf.logical_and(noted, tf.logical_and(value >= 1, value <= 8)), value, 1)


def upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns an image (H, W, C) the right way up.

    Args:
        image: of any type.
        orientation: int32 scalar, 1 to 8.

    Returns:
        (H, W, C), or (W, H, C) for 5 to 8.
    """

    def turned() -> tf.Tensor:
        turn = tf.where(orientation >= 5, [1, 0, 2], [0, 1, 2])
        straight = tf.transpose(image, turn)
        rows = tf.where(tf.reduce_any(orientation == [3, 4, 7, 8]), -1, 1)
        columns = tf.where(tf.reduce_any(orientation == [2, 3, 6, 7]), -1, 1)
        return straight[::rows, ::columns]

    return tf.cond(orientation == 1, lambda: image, turned)
