"""What all decoders of this folder do alike: score captions that are given, as in training."""

from typing import Any

from keras import ops

from shared.decoding.step import repeat_beams


class Decoder:
    """Makes a Keras model one that writes captions of pictures.

    Those that inherit have `encode` and `decode`; for the searches of `shared.decoding`,
    `init_state(memory, max_steps, *, beam_width)` and `stepper` of the same arguments; and `looks`,
    whether the steps tell where they look.

    Call:
        {"features": float32 (B, R, C), "target_ids": int32 (B, T) or (B, K, T)}, padded with 0 ->
        logits float32 (B, T, V) or (B, K, T, V) of the word behind each. Pictures are encoded once
        for all their K captions.
    """

    looks: bool

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Returns logits of the word behind each word of the targets."""
        memory = self.encode(inputs["features"], training=training)
        target_ids = inputs["target_ids"]
        if len(target_ids.shape) == 2:
            return self.decode(memory, target_ids, training=training)
        pictures, captions, length = ops.shape(target_ids)
        logits = self.decode(
            repeat_beams(memory, captions),
            ops.reshape(target_ids, (pictures * captions, length)),
            training=training,
        )
        return ops.reshape(logits, (pictures, captions, length, logits.shape[-1]))

    def encode(self, features: Any, training: bool = False) -> Any:
        """Returns the memory of pictures, a nest of tensors whose first axis is B."""
        raise NotImplementedError

    def decode(self, memory: Any, target_ids: Any, training: bool = False) -> Any:
        """Returns logits (B, T, V) of one caption (B, T) for each row of a memory."""
        raise NotImplementedError
