"""Every registered layer and network goes through the harness; a forgotten one fails here."""

import importlib
import pkgutil

import keras
import numpy as np
import pytest

import apps
import shared.layers
from apps.image_captioning.model import Captioner
from apps.image_captioning.models.show_and_tell import ShowAndTell
from apps.image_captioning.models.show_attend_tell import ShowAttendTell
from apps.image_captioning.models.transformer import TransformerCaptioner
from apps.image_captioning.search import CaptionSearch
from apps.image_captioning.self_critical.policy import CaptionDraws, CaptionPolicy
from apps.memory_qa.model import MemN2N
from apps.translation.model import Transformer
from apps.translation.sampler import Sampler
from apps.translation.translator import Translator
from apps.word_analogies.model import NearestWords
from apps.word_analogies.trainers.skip_gram import SkipGram
from shared.layers.feed_forward import FeedForward
from shared.layers.input_scaling import InputScaling
from shared.layers.memory_hop import MemoryHop
from shared.layers.multi_head_attention import MultiHeadAttention
from shared.layers.position_encoding import PositionEncoding
from shared.layers.residual import Residual
from shared.layers.sinusoidal_positions import SinusoidalPositions
from shared.layers.temperature import Temperature
from shared.layers.temporal_encoding import TemporalEncoding
from shared.layers.tied_embedding import TiedEmbedding
from shared.layers.transformer_decoder_block import TransformerDecoderBlock
from shared.layers.transformer_encoder_block import TransformerEncoderBlock
from shared.testing.check_layer import check_layer
from shared.testing.compare_backends import compare_backends
from shared.testing.layer_case import LayerCase


def _normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


WORD_MASK = np.array([[[1, 1, 1], [0, 0, 0]], [[0, 1, 1], [1, 0, 0]]], bool)
SENTENCE_MASK = np.array([[0, 0, 1, 1], [1, 0, 1, 1], [0, 0, 0, 0]], bool)
STORY_IDS = np.array(
    [
        [[0, 0, 0], [2, 3, 4], [0, 0, 0], [5, 6, 0]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
        [[4, 3, 0], [7, 0, 0], [1, 1, 2], [2, 5, 6]],
    ],
    "int32",
)
QUESTION_IDS = np.array([[5, 2], [7, 0], [3, 4]], "int32")


def _hop(**init: bool) -> LayerCase:
    memories = _normal(3, 4, 5)
    return LayerCase(
        cls=MemoryHop,
        init=init,
        inputs={
            "query": _normal(3, 5),
            "input_memories": memories,
            "output_memories": memories[::-1].copy(),
            "sentence_mask": SENTENCE_MASK,
        },
        masks={"sentence_mask": ("input_memories", "output_memories")},
    )


def _memn2n(**init: object) -> LayerCase:
    return LayerCase(
        cls=MemN2N,
        init={"vocabulary_size": 8, "hops": 2, "embedding_size": 6, "memory_size": 4, **init},
        inputs={"inputs": {"story_ids": STORY_IDS, "question_ids": QUESTION_IDS}},
        output_dtype="float32",
    )


SOURCE_MASK = np.array([[1, 1, 0], [1, 0, 0]], bool)
ATTENTION_MASK = np.array([[[1, 1, 0], [0, 1, 1]], [[1, 0, 0], [1, 1, 1]]], bool)


def _captioner(cls: type, **init: object) -> LayerCase:
    return LayerCase(
        cls=cls,
        init={"vocabulary_size": 9, "units": 6, "dropout": 0.0, **init},
        inputs={
            "inputs": {
                "features": _normal(2, 4, 5),
                "target_ids": np.array([[2, 4], [2, 8]], "int32"),
            }
        },
        output_dtype="float32",
    )


def _transformer(*, norm_first: bool) -> LayerCase:
    return LayerCase(
        cls=Transformer,
        init={
            "vocabulary_size": 9,
            "layers": 2,
            "size": 6,
            "num_heads": 2,
            "units": 16,
            "dropout": 0.0,
            "norm_first": norm_first,
        },
        inputs={
            "inputs": {
                "source_ids": np.array([[5, 6, 3], [7, 3, 0]], "int32"),
                "target_ids": np.array([[2, 4], [2, 8]], "int32"),
            }
        },
        output_dtype="float32",
    )


CASES = [
    LayerCase(cls=FeedForward, init={"units": 7}, inputs={"inputs": _normal(2, 3, 4)}),
    LayerCase(
        cls=MultiHeadAttention,
        init={"num_heads": 2},
        inputs={"queries": _normal(2, 2, 6), "memory": _normal(2, 3, 4)},
    ),
    LayerCase(
        cls=Residual,
        # What the other form normalises goes through `enter`, which the blocks call.
        init={"norm_first": False},
        inputs={"inputs": _normal(2, 3, 4), "change": _normal(2, 3, 4) * 2},
    ),
    LayerCase(cls=InputScaling, init={"mode": "caffe"}, inputs={"inputs": _normal(2, 4, 5, 3)}),
    LayerCase(cls=SinusoidalPositions, init={}, inputs={"inputs": _normal(2, 3, 4)}),
    LayerCase(cls=Temperature, init={}, inputs={"inputs": _normal(2, 3, 4)}),
    LayerCase(
        cls=TiedEmbedding,
        init={"vocabulary_size": 9, "size": 4},
        inputs={"token_ids": np.array([[5, 0], [8, 1]], "int32")},
    ),
    LayerCase(
        cls=TransformerEncoderBlock,
        init={"num_heads": 2, "units": 7, "norm_first": True},
        inputs={"inputs": _normal(2, 3, 6), "padding_mask": SOURCE_MASK},
        masks={"padding_mask": ("inputs",)},
        free_where_masked=True,
    ),
    LayerCase(
        cls=TransformerDecoderBlock,
        init={"num_heads": 2, "units": 7},
        inputs={
            "inputs": _normal(2, 2, 6),
            "memory": _normal(2, 3, 4),
            "memory_mask": SOURCE_MASK,
        },
        masks={"memory_mask": ("memory",)},
    ),
    _captioner(ShowAndTell, embedding=4),
    _captioner(ShowAttendTell, embedding=4),
    _captioner(TransformerCaptioner, layers=1, num_heads=2),
    _transformer(norm_first=True),
    _transformer(norm_first=False),
    LayerCase(
        cls=PositionEncoding,
        init={},
        inputs={"inputs": _normal(2, 2, 3, 4), "padding_mask": WORD_MASK},
        masks={"padding_mask": ("inputs",)},
    ),
    LayerCase(
        cls=TemporalEncoding,
        init={"memory_size": 3},
        inputs={"inputs": _normal(3, 4, 5), "sentence_mask": SENTENCE_MASK},
        # A masked row only gets no age; that it is looked at by nobody is MemoryHop's part.
        masks={"sentence_mask": ("inputs",)},
        free_where_masked=True,
    ),
    _hop(),
    _hop(project=True, nonlinear=True),
    _hop(linear=True),
    _memn2n(),
    _memn2n(tying="layer_wise", nonlinear=True),
    _memn2n(position_encoding=False, temporal_encoding=False),
    LayerCase(
        cls=NearestWords,
        init={"vocabulary_size": 9, "vector_size": 5, "answers": 3},
        inputs={
            "term_ids": np.array([[3, 4, 5], [6, 0, 0]], "int32"),
            "term_signs": np.array([[-1, 1, 1], [1, 0, 0]], "float32"),
        },
        output_dtype="float32",
    ),
]

# A trainer that updates its own tables has no gradient to check; its tests compare each update
# with a slow one: tests/apps/word_analogies/test_trainers_skip_gram.py.
TRAINERS = {SkipGram}
# A search is no layer with weights of its own: tests/shared/decoding, and the contract of the app.
SEARCHES = {CaptionDraws, CaptionPolicy, CaptionSearch, Sampler, Translator}
# A pair of networks, each of which is tested alone: tests/apps/image_captioning.
PAIRS = {Captioner}


def _registered_layers() -> dict[str, type]:
    """Returns every layer class of ours by its registered name, after importing all modules."""
    for package in (shared.layers, apps):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if package is shared.layers or module.name.endswith(".model"):
                importlib.import_module(module.name)
    return {
        name: cls
        for name, cls in keras.saving.get_custom_objects().items()
        if isinstance(cls, type)
        and issubclass(cls, keras.layers.Layer)
        and cls.__module__.split(".")[0] in ("shared", "apps")
    }


def _all_subclasses(cls: type) -> set[type]:
    return {cls}.union(*(_all_subclasses(child) for child in cls.__subclasses__()))


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{i}-{case.name}") for i, case in enumerate(CASES)]
)
def test_layer(case: LayerCase) -> None:
    check_layer(case)


def test_layers_agree_with_jax() -> None:
    differences = compare_backends(CASES, backend="jax", tolerance=1e-5)
    assert len(differences) == len(CASES)


def test_no_layer_is_left_out() -> None:
    registered = set(_registered_layers().values())
    assert registered >= {MemN2N, MemoryHop}
    assert registered == {case.cls for case in CASES} | TRAINERS | SEARCHES | PAIRS


def test_every_layer_is_registered_under_our_name() -> None:
    registered = _registered_layers()
    ours = {
        cls
        for cls in _all_subclasses(keras.layers.Layer)
        if cls.__module__.startswith(("shared.layers", "apps."))
    }
    assert ours == set(registered.values())
    assert all(name == f"brickyard>{cls.__name__}" for name, cls in registered.items())
