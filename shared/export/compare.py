"""Compares answers by value: what `shared.export.verify` calls equal.

Strings and integers have to be the same; floats may differ as much as two correct libraries
that add in another order do.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from shared.export.native import Case, as_bytes

RELATIVE_TOLERANCE = 1e-4
ABSOLUTE_TOLERANCE = 1e-5


def array_difference(expected: np.ndarray, received: np.ndarray) -> str | None:
    """Returns how two arrays differ, or None.

    Example:
    >>> array_difference(np.array([1, 2]), np.array([1, 3]))
    'expected 2 at (1,), received 3'
    >>> array_difference(np.array([0.5]), np.array([0.5 + 1e-7]))
    """
    if expected.shape != received.shape:
        return f"expected shape {expected.shape}, received {received.shape}"
    if expected.dtype.kind in "OSU":
        if received.dtype.kind not in "OSU":
            return f"expected strings, received {received.dtype}"
        expected, received = as_bytes(expected), as_bytes(received)
        wrong = np.not_equal(expected, received).astype(bool)
    elif expected.dtype.kind == "f" and received.dtype.kind == "f":
        close = np.isclose(
            received,
            expected,
            rtol=RELATIVE_TOLERANCE,
            atol=ABSOLUTE_TOLERANCE,
            equal_nan=True,
        )
        wrong = np.logical_not(close)
    elif expected.dtype != received.dtype:
        return f"expected {expected.dtype}, received {received.dtype}"
    else:
        wrong = expected != received
    if not wrong.any():
        return None
    place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
    return f"expected {expected[place]!s} at {place}, received {received[place]!s}"


def answer_differences(expected: Case, received: Case) -> list[str]:
    """Returns how the answers of two cases differ, one line an output."""
    where = f"{expected.signature}, {_called(expected)}"
    missing = sorted(set(expected.outputs) ^ set(received.outputs))
    found = [f"{where}: output {name!r} is in one answer only" for name in missing]
    for name in expected.outputs:
        if name in received.outputs:
            difference = array_difference(expected.outputs[name], received.outputs[name])
            if difference is not None:
                found.append(f"{where}, output {name!r}: {difference}")
    return found


def _called(case: Case) -> str:
    return "the whole batch" if case.row is None else f"example {case.row} alone"


def batch_differences(cases: Iterable[Case]) -> list[str]:
    """Returns where an example alone is answered otherwise than within the batch.

    An answer in a batch may be padded along its later axes; it is cut to the size of the answer
    alone, and what lies beyond has to be padding: 0 or an empty string.
    """
    cases = list(cases)
    wholes: Mapping[str, Case] = {case.signature: case for case in cases if case.row is None}
    found = []
    for case in cases:
        if case.row is None or case.signature not in wholes:
            continue
        for name, alone in case.outputs.items():
            batched = wholes[case.signature].outputs.get(name)
            if batched is None:
                continue
            difference = _row_difference(alone, batched[case.row : case.row + 1])
            if difference is not None:
                found.append(
                    f"{case.signature}, output {name!r}: example {case.row} alone and in the "
                    f"batch: {difference}"
                )
    return found


def _row_difference(alone: np.ndarray, batched: np.ndarray) -> str | None:
    if alone.ndim != batched.ndim or any(
        a > b for a, b in zip(alone.shape, batched.shape, strict=True)
    ):
        return f"shape {alone.shape} does not fit into {batched.shape}"
    window = tuple(slice(size) for size in alone.shape)
    difference = array_difference(alone, batched[window])
    if difference is not None or alone.shape == batched.shape:
        return difference
    beyond = np.ones(batched.shape, bool)
    beyond[window] = False
    padding = batched[beyond]
    empty = as_bytes(padding) == b"" if padding.dtype.kind in "OSU" else padding == 0
    return None if np.all(empty) else "the padding of the batch is neither 0 nor empty"
