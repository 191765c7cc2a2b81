"""The network: an encoder from pictures to a grid of features, and a decoder that writes words.

Captions are learnt by the decoder alone on features that are computed once, or by both on
pictures. The decoders are in `apps.image_captioning.models`.
"""

from typing import TYPE_CHECKING, Any

import keras

from apps.image_captioning.config import SMALL, SMALL_SIZE
from apps.image_captioning.models.show_and_tell import ShowAndTell
from apps.image_captioning.models.show_attend_tell import ShowAttendTell
from apps.image_captioning.models.small import build_small
from apps.image_captioning.models.transformer import TransformerCaptioner
from shared.backbones.build import build_backbone
from shared.backbones.families import find_family

if TYPE_CHECKING:
    from apps.image_captioning.config import ImageCaptioningConfig, ModelConfig

# Names of layers: the last one, and the encoder's maps row by row.
DECODER, GRID = "decoder", "grid"


@keras.saving.register_keras_serializable(package="brickyard")
class Captioner(keras.Model):
    """Encoder and decoder of captions.

    Args:
        backbone: images float32 (B, size, size, 3), 0 to 255 -> maps (B, h, w, C).
        decoder: one of `apps.image_captioning.models`, not built yet.

    Attributes:
        encoder: images -> features float32 (B, R, C) of R = h w places, row by row; shares the
            weights of the backbone.
        decoder: {"features", "target_ids" int32 (B, T)} -> logits float32 (B, T, V).

    Call:
        {"images": float32 (B, size, size, 3), "target_ids": int32 (B, T), or (B, N, T) for N
        captions of each picture} -> logits float32 (B, T, V), or (B, N, T, V).
    """

    def __init__(self, backbone: keras.Model, decoder: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        _, height, width, channels = backbone.output.shape
        grid = keras.layers.Reshape((height * width, channels), name=GRID, dtype="float32")
        self.encoder = keras.Model(backbone.inputs[0], grid(backbone.output), name=backbone.name)
        self.decoder = decoder
        self.decoder.build({"features": (None, height * width, channels)})
        self.built = True

    @property
    def backbone(self) -> keras.Model:
        """The encoder without its last step: images -> maps (B, h, w, C)."""
        maps = self.encoder.get_layer(GRID).input
        return keras.Model(self.encoder.inputs[0], maps, name=self.encoder.name)

    @property
    def size(self) -> int:
        """Height and width of the pictures."""
        return self.encoder.input_shape[1]

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Returns logits of the word behind each word of the targets."""
        features = self.encoder(inputs["images"], training=training)
        return self.decoder(
            {"features": features, "target_ids": inputs["target_ids"]}, training=training
        )


def build_captioner(
    config: "ImageCaptioningConfig", *, vocabulary_size: int, size: int = 0
) -> Captioner:
    """Builds a network with random weights.

    Args:
        config: names the parts.
        vocabulary_size: V.
        size: height and width of the pictures in pixels; 0 for the usual ones of the encoder.

    Raises:
        ConfigError: the encoder is unknown, or the size too small for it.
    """
    name = config.model.backbone
    if name == SMALL:
        backbone = build_small(size=size or SMALL_SIZE)
    else:
        backbone = build_backbone(name, size=size or find_family(name).size)
    return Captioner(backbone, _build_decoder(config, vocabulary_size), name="captioner")


def _build_decoder(config: "ImageCaptioningConfig", vocabulary_size: int) -> keras.Model:
    model: ModelConfig = config.model
    common: dict[str, Any] = {
        "vocabulary_size": vocabulary_size,
        "units": model.units,
        "dropout": model.dropout,
        "name": DECODER,
    }
    if model.kind == "transformer":
        return TransformerCaptioner(layers=model.layers, num_heads=model.num_heads, **common)
    if model.kind == "show_and_tell":
        return ShowAndTell(embedding=model.embedding, **common)
    return ShowAttendTell(
        embedding=model.embedding, regularisation=config.attention_regularisation, **common
    )
