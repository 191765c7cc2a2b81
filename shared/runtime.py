"""Numbers and devices: what has to be settled before the first variable is made.

Every verb that builds a model does so inside `with start(config.runtime, seed=...)`: seed,
determinism, precision and the devices of this run. `shared.training` asks `share()` which part
of each batch is this process's to feed.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.errors import ConfigError

if TYPE_CHECKING:
    from shared.config import RuntimeConfig


@dataclass(frozen=True)
class Share:
    """How the rows of a batch are shared out.

    Args:
        devices: devices that train in step, those of all processes together.
        processes: processes that train in step.
        process: the number of this process, from 0; number 0 alone writes files.
    """

    devices: int = 1
    processes: int = 1
    process: int = 0


@contextmanager
def start(config: "RuntimeConfig", *, seed: int) -> Iterator[None]:
    """Sets seed, determinism, precision and devices for the models built inside the block.

    With `deterministic`, two runs of one seed on one machine end with the same bits. It costs
    nothing noticeable on a CPU; on a GPU some operations become slower.

    Args:
        config: precision, determinism and devices.
        seed: of Python's, numpy's and the backend's generators.

    Raises:
        ConfigError: settings that contradict one another or the backend.
    """
    import keras

    if not 0 <= seed < 2**32:
        raise ConfigError(f"Expected a seed from 0 to 4294967295, received {seed}.")
    _check(config, keras.backend.backend())
    keras.utils.set_random_seed(seed)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        with ExitStack() as stack:
            if config.deterministic:
                stack.enter_context(
                    _deterministic(keras.backend.backend(), jit_compile=config.jit_compile)
                )
            if config.coordinator is not None:
                stack.enter_context(_joined(config))
            if config.coordinator is not None or config.devices == "all":
                stack.enter_context(_all_devices(keras.backend.backend()))
            yield
    finally:
        keras.config.set_dtype_policy(policy)


def share() -> Share:
    """Returns how batches are shared out inside the current `start` block."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return Share(devices=tf.distribute.get_strategy().num_replicas_in_sync)
    distribution = keras.distribution.distribution()
    if distribution is None:
        return Share()
    import jax

    return Share(distribution.device_mesh.devices.size, jax.process_count(), jax.process_index())


@contextmanager
def whole_batches() -> Iterator[None]:
    """Gives each device all rows of every batch inside the block, instead of its share.

    Validation runs so: no row is padded, hence no score is off, at the price of no speed-up.
    (On TensorFlow the feed itself repeats each batch, and there is nothing to do here.)
    """
    import keras

    distribution = keras.distribution.distribution()
    if distribution is None:
        yield
        return
    distribution.whole = True
    try:
        yield
    finally:
        distribution.whole = False


def any_process(flag: bool) -> bool:
    """Says whether the flag is raised in any of the processes; all of them have to ask at once."""
    if share().processes == 1:
        return flag
    import numpy as np
    from jax.experimental import multihost_utils

    return bool(np.any(multihost_utils.process_allgather(np.array(flag))))


def _check(config: "RuntimeConfig", backend: str) -> None:
    problems = []
    if config.coordinator is None and config.processes != 1:
        problems.append(f"{config.processes} processes without a coordinator (HOST:PORT)")
    if config.coordinator is not None and backend != "jax":
        problems.append(f"a coordinator on the {backend} backend (set KERAS_BACKEND=jax)")
    if not 0 <= config.process < config.processes:
        problems.append(f"process {config.process} of {config.processes}, counted from 0")
    if problems:
        raise ConfigError(f"Expected settings that fit together, received {'; '.join(problems)}.")


@contextmanager
def _deterministic(backend: str, *, jit_compile: bool) -> Iterator[None]:
    if backend == "jax":
        # XLA reads it when the first device is asked for, which has not happened yet.
        flags = os.environ.get("XLA_FLAGS", "")
        if "xla_gpu_deterministic_ops" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()
    if backend != "tensorflow":
        yield
        return
    import tensorflow as tf

    # Keras asks the same module; the public one has no way to switch determinism off again.
    from tensorflow.python.framework import config

    switch = {True: config.enable_op_determinism, False: config.disable_op_determinism}
    before = config.is_op_determinism_enabled()
    # Keras leaves XLA out where TensorFlow's determinism is on. On a CPU, XLA needs it not:
    # its programs add up in one order. On a GPU the numbers matter more than the speed.
    switch[not jit_compile or bool(tf.config.list_physical_devices("GPU"))]()
    try:
        yield
    finally:
        switch[before]()


@contextmanager
def _joined(config: "RuntimeConfig") -> Iterator[None]:
    """Joins the processes that train in step (JAX)."""
    import jax
    import keras

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    keras.distribution.initialize(config.coordinator, config.processes, config.process)
    try:
        yield
    finally:
        jax.distributed.shutdown()


@contextmanager
def _all_devices(backend: str) -> Iterator[None]:
    """Trains on every device of this host, or of all hosts that have joined."""
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        if len(devices) == 1:
            yield
            return
        with tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
            yield
        return
    distribution = _data_parallel()
    if distribution.device_mesh.devices.size == 1:
        yield
        return
    with distribution.scope():
        yield


def _data_parallel() -> Any:
    import keras

    class SharedBatches(keras.distribution.DataParallel):
        """Splits batches over all devices, or gives each device all of them while `whole`."""

        whole = False

        def get_data_layout(self, data_shape: Any) -> Any:
            if not self.whole:
                return super().get_data_layout(data_shape)
            return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    return SharedBatches(auto_shard_dataset=False)
