"""Settings that contradict one another, and what is left behind (devices: test_devices.py)."""

import keras
import pytest

from shared.config import RuntimeConfig
from shared.errors import ConfigError
from shared.runtime import Share, any_process, share, start


def test_precision_is_restored():
    before = keras.config.dtype_policy().name
    with start(RuntimeConfig(precision="mixed_bfloat16", deterministic=False), seed=1):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == before


def test_one_process_on_one_device_has_it_all():
    assert share() == Share(devices=1, processes=1, process=0)
    assert any_process(True) and not any_process(False)


def test_settings_that_contradict_one_another_are_listed():
    config = RuntimeConfig(processes=2, process=2)
    with pytest.raises(ConfigError) as error, start(config, seed=1):
        pass
    assert "2 processes without a coordinator" in str(error.value)
    assert "process 2 of 2" in str(error.value)
