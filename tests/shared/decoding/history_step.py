"""A small recurrent network whose logits depend on all ids before, twice: in Keras and in numpy.

The tests of the searches decode it; a state that is put into the wrong row changes the answers.
"""

from itertools import product

import numpy as np
from keras import ops

START, END = 2, 3
SOURCE = 4


class HistoryStep:
    """h' = tanh(h W + E[id] + P[position] + item); logits = h' U; attention = softmax(h' A)."""

    def __init__(self, vocabulary: int, *, items: int = 1, seed: int = 0, sharpness: float = 2.0):
        random = np.random.default_rng(seed)

        def normal(*shape, scale=1.0):
            return (random.normal(size=shape) * scale).astype("float32")

        self.recurrent = normal(6, 6, scale=0.6)
        self.embedding = normal(vocabulary, 6)
        self.place = normal(40, 6, scale=0.3)
        self.output = normal(6, vocabulary, scale=sharpness)
        self.look = normal(6, SOURCE, scale=1.5)
        self.items = normal(items, 6)
        self.vocabulary = vocabulary

    def begin(self, beam_width: int, items=slice(None)):
        """The state before the first id; `items` picks some of the items."""
        hidden = np.repeat(self.items[items], beam_width, axis=0)
        return {"hidden": ops.convert_to_tensor(hidden)}

    def __call__(self, ids, position, state):
        hidden = ops.matmul(state["hidden"], self.recurrent)
        hidden = hidden + ops.take(ops.convert_to_tensor(self.embedding), ids, axis=0)
        hidden = ops.tanh(hidden + ops.convert_to_tensor(self.place)[position])
        logits = ops.matmul(hidden, self.output)
        return logits, {"hidden": hidden}, ops.softmax(ops.matmul(hidden, self.look))

    # === The same, one sequence at a time, in numpy ===

    def trace(self, item: int, ids) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities (T, V) and attention (T, S) in front of each id of a sequence."""
        hidden, rows, looks = self.items[item].astype("float64"), [], []
        for position, one in enumerate([START, *ids[:-1]]):
            hidden = np.tanh(hidden @ self.recurrent + self.embedding[one] + self.place[position])
            logits, look = hidden @ self.output, np.exp(hidden @ self.look)
            rows.append(logits - np.log(np.exp(logits).sum()))
            looks.append(look / look.sum())
        return np.array(rows), np.array(looks)

    def log_probability(self, item: int, ids) -> float:
        rows, _ = self.trace(item, ids)
        return float(rows[np.arange(len(ids)), list(ids)].sum())

    def all_finished(self, limit: int):
        """Every sequence of at most `limit` ids that ends with the end id."""
        inner = [one for one in range(self.vocabulary) if one not in (0, START, END)]
        for length in range(limit):
            for body in product(inner, repeat=length):
                yield (*body, END)


def penalty(length: int, alpha: float) -> float:
    return ((5 + length) / 6) ** alpha


def listed(sequences, item: int, n: int = 0) -> list[int]:
    """One sequence without its padding."""
    length = int(ops.convert_to_numpy(sequences.lengths)[item, n])
    return ops.convert_to_numpy(sequences.token_ids)[item, n, :length].tolist()


def arrays(sequences):
    return [None if value is None else ops.convert_to_numpy(value) for value in sequences]
