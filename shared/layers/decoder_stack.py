"""The decoder of a Transformer, one token at a time: what a search of `shared.decoding` calls.

Networks that write with `TransformerDecoderBlock`s make it from their layers; it has no weights.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras import ops

from shared.layers.decoder_step import empty_cache, normalise, step_bias, step_places

if TYPE_CHECKING:
    import keras

    from shared.layers.sinusoidal_positions import SinusoidalPositions
    from shared.layers.tied_embedding import TiedEmbedding
    from shared.layers.transformer_decoder_block import TransformerDecoderBlock


class DecoderStack:
    """Embedding, positions, blocks and logits, for hypotheses that grow by a token.

    Args:
        embedding: of target tokens, and of the logits.
        positions: added to it.
        blocks: in their order, all of one number of heads.
        norms: what comes out of the last block goes through these.
    """

    def __init__(
        self,
        *,
        embedding: "TiedEmbedding",
        positions: "SinusoidalPositions",
        blocks: "Sequence[TransformerDecoderBlock]",
        norms: "Sequence[keras.layers.LayerNormalization]" = (),
    ):
        self._embedding, self._positions = embedding, positions
        self._blocks, self._norms = blocks, norms
        self._heads = blocks[0].num_heads

    def init_state(self, batch: Any, max_steps: Any, *, beam_width: int = 1) -> dict[str, Any]:
        """Returns the empty state of `stepper`, for hypotheses of up to `max_steps` tokens.

        Args:
            batch: B, int or int32 scalar.
            max_steps: T, int or int32 scalar.
            beam_width: K, hypotheses of each item.
        """
        cache = empty_cache(
            batch,
            max_steps,
            num_heads=self._heads,
            width=self._embedding.size // self._heads,
            beam_width=beam_width,
            dtype=self._embedding.compute_dtype,
        )
        nothing = ops.full((batch * beam_width, max_steps), -1, dtype="int32")
        return {"caches": [cache for _ in self._blocks], "origins": nothing}

    def stepper(self, memory: Any, memory_mask: Any, max_steps: Any, *, beam_width: int = 1) -> Any:
        """Returns the step function of `shared.decoding`; all that does not change is read here.

        Args:
            memory: (B, S, D).
            memory_mask: bool (B, S).
            max_steps: T, that of `init_state`.
            beam_width: K, rows of each item.
        """
        batch, size = ops.shape(memory)[0], self._embedding.size
        compute_dtype = self._embedding.compute_dtype
        blocks = [
            block.stepper(memory, memory_mask, beam_width=beam_width) for block in self._blocks
        ]
        norms = [(ops.copy(norm.gamma), ops.copy(norm.beta)) for norm in self._norms]
        table = ops.cast(ops.copy(self._embedding.table), compute_dtype)
        columns = ops.transpose(table)
        waves = self._positions(ops.zeros((1, max_steps, size), compute_dtype))[0]
        first = step_places(batch, max_steps, num_heads=self._heads)
        beams = ops.expand_dims(
            ops.arange(batch * beam_width, dtype="int32") % beam_width, 1
        )  # (R, 1)
        times = ops.arange(max_steps, dtype="int32")

        def step(ids: Any, position: Any, state: dict[str, Any]) -> tuple[Any, Any, Any]:
            """Returns logits (R, V), the new state, and the attention (R, S) of the last block."""
            x = ops.take(table, ids, axis=0) * size**0.5 + ops.take(waves, position, axis=0)
            origins = ops.where(times == position, beams, state["origins"])
            bias, place = step_bias(origins, beam_width=beam_width), first + position
            caches, weights = list(state["caches"]), None
            for number, block in enumerate(blocks):
                x, caches[number], weights = block(x, caches[number], place, bias)
            for gamma, beta in norms:
                x = normalise(x, gamma, beta)
            logits = ops.cast(ops.matmul(x, columns), "float32")
            attention = ops.reshape(ops.mean(weights, axis=1), (-1, ops.shape(memory)[1]))
            return logits, {"caches": caches, "origins": origins}, attention

        return step

    def reorder(self, state: dict[str, Any], rows: Any) -> dict[str, Any]:
        """Returns the state in which row r goes on from the former row `rows[r]`.

        The caches stay where they are; it is noted who wrote what.
        """
        return {**state, "origins": ops.take(state["origins"], rows, axis=0)}
