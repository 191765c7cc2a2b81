"""The settings of memory_qa and its presets, each headed by its command, time and score."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from shared.config import AppConfig, RuntimeConfig, TrainingConfig


@dataclass(frozen=True)
class StoriesConfig:
    """Which stories are read, and how a batch of them is made."""

    size: Literal["1k", "10k"] = "10k"
    """Which folder of a bAbI archive: 1,000 or 10,000 training questions a task."""
    tasks: tuple[int, ...] = ()
    """Numbers of the bAbI tasks to train on jointly; empty means all that are there."""
    validation_fraction: float = 0.1
    """Share of the training stories held back when the source has no validation part."""
    random_noise: float = 0.1
    """Empty memories put into a training story, as a share of its sentences (0 to 1)."""
    max_words: int = 64
    """Words of a sentence that are read; the rest is cut off."""
    ablation: Literal["none", "question_only", "story_only"] = "none"
    """Blank the story or the question, to see how far a guess goes."""


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the memory network."""

    hops: int = 3
    """How often the memory is read."""
    embedding_size: int = 100
    """D, the width of a memory."""
    tying: Literal["adjacent", "layer_wise"] = "adjacent"
    """Which embeddings the hops share."""
    position_encoding: bool = True
    """Weigh words by their place in the sentence; off: a bag of words."""
    temporal_encoding: bool = True
    """Add a learnt vector for the age of each sentence."""
    memory_size: int = 70
    """The most recent sentences that are kept."""
    nonlinear: bool = True
    """Rectify half of the units after each hop."""


@dataclass(frozen=True)
class MemoryQAConfig(AppConfig):
    """Everything that decides a run of memory_qa."""

    stories: StoriesConfig = field(default_factory=StoriesConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    linear_start_epochs: int = 0
    """At most so many first epochs without softmax in the memory; 0 starts with it."""


_RECIPE = TrainingConfig(
    batch_size=64,
    epochs=60,
    learning_rate=2e-3,
    schedule="cosine",
    warm_up_steps=500,
    clip_norm=40.0,
)
# The step is many small operations, which XLA joins: four times as many questions a second.
_RUNTIME = RuntimeConfig(jit_compile=True)

PRESETS: Mapping[str, MemoryQAConfig] = MappingProxyType(
    {
        # brickyard memory-qa train --preset smoke --out runs/smoke
        # The built-in sample, a few seconds of training; only shows that everything works.
        "smoke": MemoryQAConfig(
            model=ModelConfig(hops=2, embedding_size=32, memory_size=20),
            training=replace(_RECIPE, learning_rate=3e-3, epochs=2, warm_up_steps=20),
        ),
        # brickyard memory-qa train --preset demo --out runs/demo
        # The built-in sample, about a minute of processor time; validation error 2.4 %.
        "demo": MemoryQAConfig(
            model=ModelConfig(hops=2, embedding_size=64, memory_size=20),
            training=replace(_RECIPE, learning_rate=3e-3, epochs=30, warm_up_steps=100),
            linear_start_epochs=2,
        ),
        # brickyard memory-qa train --data babi_tasks_1-20_v1-2.tar.xz --out runs/babi
        # bAbI 10k, all tasks jointly, 35 minutes on two busy cores; validation error 6.8 %, or
        # 5.7 % without qa3 (one seed).
        "base": MemoryQAConfig(training=_RECIPE, runtime=_RUNTIME, linear_start_epochs=2),
    }
)
