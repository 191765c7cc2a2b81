"""Pretrained networks from pixels on: scaled inside, and with statistics that stay.

    backbone = build_backbone("MobileNetV2", size=224, weights="mobilenet_v2.weights.h5")
    maps = backbone.predict(images)              # float32 (B, 7, 7, 1280)

Apps that look at images put their heads on top; `shared.images.features` caches what comes out.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

import keras

from shared.backbones.families import Family, find_family
from shared.backbones.weights import load_weights, variable_names
from shared.errors import ConfigError, UserError
from shared.layers.input_scaling import InputScaling

CLASSES = 1000


def build_backbone(name: str, *, size: int, weights: str = "none") -> keras.Model:
    """Builds a network without its classifier.

    With weights, every BatchNormalization is frozen, and so uses its stored mean and variance even
    while the rest is trained; unfreezing is to go by layer, with `unfreeze`.

    Args:
        name: a network of `keras.applications`, in any case.
        size: height and width of the images, in pixels.
        weights: `none`; `imagenet`, which Keras fetches; or a `.weights.h5` file that Keras has
            saved from this network, with its 1000-class top or without.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> feature maps (B, h, w, D).

    Raises:
        ConfigError: the network is unknown, or the size too small for it.
        BundleError: the file is of another network, see `shared.backbones.weights`.
        UserError: the weights cannot be fetched.
    """
    model = _build(find_family(name), size, top=False)
    if weights != "none":
        set_weights(model, name, weights)
    return model


def set_weights(model: keras.Model, name: str, weights: str) -> None:
    """Puts published weights into a network without its classifier, and freezes its statistics.

    Args:
        model: from `build_backbone`, or those layers of a larger network.
        name: of `keras.applications`, in any case.
        weights: `imagenet` or the path of a file, as for `build_backbone`.

    Raises:
        BundleError: the file is of another network, see `shared.backbones.weights`.
        UserError: the weights cannot be fetched.
    """
    family = find_family(name)
    if weights == "imagenet":
        _fetch(family, model, top=False)
    else:
        # A file with a top may be given too: what it holds beyond the backbone has these names.
        spare = variable_names(_empty_classifier(family))
        load_weights(model, Path(weights), spare=spare.keys())
    unfreeze(model)


def build_classifier(name: str, *, weights: str = "imagenet") -> keras.Model:
    """Builds a network with its classifier of the 1000 classes of ImageNet.

    Args:
        name: a network of `keras.applications`, in any case.
        weights: as for `build_backbone`; a file has to hold the classifier too.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255, of the size the network was trained on ->
        probabilities (B, 1000).

    Raises:
        ConfigError: the network is unknown.
        BundleError: the file is of another network, or without its classifier.
        UserError: the weights cannot be fetched.
    """
    family = find_family(name)
    model = _build(family, family.size, top=True)
    if weights == "imagenet":
        _fetch(family, model, top=True)
    elif weights != "none":
        load_weights(model, Path(weights))
    return model


def unfreeze(model: keras.Model, layers: int | None = None) -> None:
    """Makes the last layers of a network trainable, all but BatchNormalization.

    Args:
        model: from `build_backbone`.
        layers: how many, of those that have weights; 0 freezes all, None unfreezes all.
    """
    weighted = [layer for layer in model.layers if layer.variables]
    first = 0 if layers is None else max(0, len(weighted) - layers)
    for place, layer in enumerate(weighted):
        # Keras lets a frozen one, and no other, keep its statistics in training.
        is_normalisation = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = place >= first and not is_normalisation


def _build(family: Family, size: int, *, top: bool) -> keras.Model:
    """Builds a network with random weights behind its scaling, as one flat model."""
    images = keras.Input((size, size, 3), name="images")
    try:
        network = family.constructor(
            include_top=top,
            weights=None,
            input_tensor=InputScaling(family.mode)(images),
            input_shape=(size, size, 3),
            **({"classifier_activation": "softmax"} if top else {}),
        )
    except ValueError as error:
        raise ConfigError(
            f"Expected images large enough for {family.name} (it was trained on {family.size} x "
            f"{family.size}), received a size of {size}: {str(error).splitlines()[0][:120]}"
        ) from None
    # Keras builds it on a list of one input, and would warn of every batch that is no list.
    return keras.Model(images, network.output, name=network.name)


def _empty_classifier(family: Family) -> keras.Model:
    """Builds a network with its top for its names alone: no memory is taken for its weights."""
    with keras.StatelessScope(initialize_variables=False):
        return _build(family, family.size, top=True)


def _fetch(family: Family, model: keras.Model, *, top: bool) -> None:
    """Copies the published weights of ImageNet into a network."""
    what = f"the ImageNet weights of {family.name}"
    print(f"Keras fetches {what} unless it has done so before.", file=sys.stderr)
    try:
        # Keras shows how far it is where results belong.
        with redirect_stdout(sys.stderr):
            published = family.constructor(include_top=top, weights="imagenet")
    except Exception as error:  # Keras raises a plain Exception where a file cannot be fetched.
        raise UserError(
            f"Expected to fetch {what} through Keras, which failed "
            f"({str(error).splitlines()[0][:120]}); go online once, or give a .weights.h5 file."
        ) from None
    model.set_weights(published.get_weights())
    _fold_scaling(published, model)


def _fold_scaling(published: keras.Model, model: keras.Model) -> None:
    """Brings a scaling that only a published network has into the kernel behind it.

    EfficientNet B0 to B7 scale once more, behind their Normalization, when they are built with
    published weights, and not when they are rebuilt to load weights of our own.
    """
    kinds = [type(layer) for layer in published.layers]
    if keras.layers.Normalization not in kinds:
        return
    after = published.layers[kinds.index(keras.layers.Normalization) + 1]
    if isinstance(after, keras.layers.Rescaling):
        fold_into_stem(model, after.scale)


def fold_into_stem(model: keras.Model, scale: list[float]) -> None:
    """Multiplies the first convolution's kernel by the scale of each of its inputs' channels."""
    stem = next(one for one in model.layers if isinstance(one, keras.layers.Conv2D))
    factor = keras.ops.reshape(keras.ops.convert_to_tensor(scale, stem.kernel.dtype), (1, 1, -1, 1))
    stem.kernel.assign(stem.kernel * factor)
