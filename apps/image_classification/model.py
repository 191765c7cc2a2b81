"""The network: pictures in, logits of the classes out.

Two forms: a published backbone with a head on top (`keras.applications`), and networks that are
trained from nothing, each in a file of `apps.image_classification.models`.
"""

import re
from typing import TYPE_CHECKING

import keras

from shared.backbones.build import build_backbone
from shared.backbones.families import families, find_family
from shared.errors import ConfigError, nearest
from shared.layers.temperature import Temperature

if TYPE_CHECKING:
    from apps.image_classification.config import ModelConfig

# Height and width of pictures for the networks of our own, where none is asked for.
SMALL = 32
# Names of layers: the mean of the backbone's maps, what is trained on it, and what both end in.
FEATURES, DROP, HEAD, TEMPERATURE = "features", "drop", "head", "temperature"
_DEPTH = re.compile(r"(resnet|plain)(\d+)")


def build_classifier(config: "ModelConfig", *, classes: int, size: int = 0) -> keras.Model:
    """Builds a network with random weights.

    Args:
        config: names the backbone.
        classes: C.
        size: height and width of the pictures in pixels; 0 for the usual ones of the network.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> logits float32 (B, C).

    Raises:
        ConfigError: the network is unknown, or the size too small for it.
    """
    if is_own(config.backbone):
        own = _build_own(config.backbone, classes=classes, size=size or SMALL)
        return keras.Model(own.inputs[0], Temperature(name=TEMPERATURE)(own.output), name=own.name)
    network = build_backbone(config.backbone, size=size or find_family(config.backbone).size)
    features = keras.layers.GlobalAveragePooling2D(name=FEATURES)(network.output)
    kept = keras.layers.Dropout(config.dropout, name=DROP)(features)
    logits = keras.layers.Dense(classes, name=HEAD, dtype="float32")(kept)
    outputs = Temperature(name=TEMPERATURE)(logits)
    return keras.Model(network.inputs[0], outputs, name=network.name)


def backbone_of(model: keras.Model) -> keras.Model:
    """Returns the part below the head: images (B, size, size, 3) -> feature maps (B, h, w, D).

    It shares its weights with the network, which has to be one of `keras.applications`.
    """
    return keras.Model(model.inputs[0], model.get_layer(FEATURES).input, name=model.name)


def probe_of(model: keras.Model) -> keras.Model:
    """Returns the head: features float32 (B, D) -> logits float32 (B, C).

    It shares its weights with the network, and what it makes of the mean over h and w of the
    backbone's maps is what the network makes of the image.
    """
    features = keras.Input(model.get_layer(FEATURES).output.shape[1:], name="features")
    x = features
    for name in (DROP, HEAD, TEMPERATURE):
        x = model.get_layer(name)(x)
    return keras.Model(features, x, name="probe")


def is_own(name: str) -> bool:
    """Says whether a network is one of `apps.image_classification.models`.

    A name that is in `keras.applications` too, such as resnet50, means the published one. Whether
    there is a network of the depth in the name is for its builder to say.

    Args:
        name: of a network, in any case.

    Raises:
        ConfigError: there is no network of this name; names the nearest.
    """
    published = {one.lower() for one in families()}
    if name.lower() in published:
        return False
    if name.lower() in ("lenet", "googlenet") or _DEPTH.fullmatch(name.lower()):
        return True
    known = ["lenet", "googlenet", "resnet20", "plain20", *families()]
    raise ConfigError(
        "Expected a network of keras.applications, or lenet, googlenet, resnet20 or plain20, "
        f"received {name!r}.{nearest(name, known)}"
    )


def _build_own(name: str, *, classes: int, size: int) -> keras.Model:
    from apps.image_classification.models.googlenet import build_googlenet
    from apps.image_classification.models.lenet import build_lenet
    from apps.image_classification.models.resnet import build_resnet

    try:
        if found := _DEPTH.fullmatch(name.lower()):
            kind, depth = found.groups()
            return build_resnet(int(depth), classes=classes, size=size, plain=kind == "plain")
        build = build_lenet if name.lower() == "lenet" else build_googlenet
        return build(classes=classes, size=size)
    except ValueError as error:  # a depth or a size that the network cannot have
        raise ConfigError(str(error)) from None
