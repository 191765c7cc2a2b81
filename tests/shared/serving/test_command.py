import json
import os
import shlex
import signal
import socket
from pathlib import Path

import pytest

from shared.errors import OperationError, UserError
from shared.serving import command
from shared.serving.command import (
    curl_line,
    docker_line,
    example_line,
    find_models,
    model_config,
    serve,
)


def model(base: Path, *versions: int, request: str | None = None) -> Path:
    for version in versions:
        extra = base / str(version) / "assets.extra"
        extra.mkdir(parents=True)
        (base / str(version) / "saved_model.pb").touch()
        if request is not None:
            (extra / "request.json").write_text(request.replace("VERSION", str(version)))
    return base


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "saved models"
    model(folder / "memory_qa", 1, 2, request='{"instances": [{"question": "it\'s VERSION?"}]}')
    model(folder / "other", 3)
    (folder / "README.md").touch()
    return folder


@pytest.fixture
def fake_server(tmp_path, monkeypatch):
    """Puts a server on the PATH that writes down its arguments; returns where, and its code."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(code: int) -> Path:
        script = folder / "tensorflow_model_server"
        script.write_text(
            "#!/bin/sh\n"
            f'printf "%s\\n" "$@" > "{folder}/arguments"\n'
            f'for word in "$@"; do case "$word" in --model_config_file=*)\n'
            f'cat "${{word#*=}}" > "{folder}/config";; esac; done\nexit {code}\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return install


@pytest.fixture
def ports():
    """Two ports that are free."""
    with socket.socket() as one, socket.socket() as two:
        for trial in (one, two):
            trial.bind(("127.0.0.1", 0))
        found = {
            "rest_port": one.getsockname()[1],
            "grpc_port": two.getsockname()[1],
        }
    return found


def test_docker_line_stays_on_this_machine_and_survives_spaces(models):
    line = docker_line([models / "memory_qa"], rest_port=9001)
    assert shlex.split(line) == [
        *("docker", "run", "--rm", "-p", "127.0.0.1:9001:8501", "-p", "127.0.0.1:8500:8500"),
        *("-v", f"{models}/memory_qa:/models/memory_qa:ro", "-e", "MODEL_NAME=memory_qa"),
        "tensorflow/serving",
    ]


def test_curl_line_is_a_request_of_the_highest_version(models):
    words = shlex.split(example_line(models / "memory_qa", rest_port=9001))
    assert words[:3] == ["curl", "-s", "-d"]
    assert json.loads(words[3]) == {"instances": [{"question": "it's 2?"}]}
    assert words[4] == "http://localhost:9001/v1/models/memory_qa:predict"
    assert example_line(models / "other") is None


def test_a_long_request_is_sent_from_its_file(tmp_path):
    request = json.dumps({"instances": [{"image": {"b64": "A" * 5000}}]})
    base = model(tmp_path / "images", 1, request=request)
    path = base / "1" / "assets.extra" / "request.json"
    assert f" @{path} " in example_line(base)
    assert " @assets.extra/request.json " in curl_line("images", request)


def test_models_are_found_at_their_level_only(models):
    assert find_models(models / "memory_qa") == [models / "memory_qa"]
    assert find_models(models) == [models / "memory_qa", models / "other"]
    with pytest.raises(UserError, match=f"give {models / 'other'}, a server takes the highest"):
        find_models(models / "other" / "3")
    for nothing in (models / "other" / "3" / "assets.extra", models / "absent"):
        with pytest.raises(UserError, match="Expected exported models"):
            find_models(nothing)


def test_without_a_server_the_docker_line_is_printed(models, monkeypatch):
    monkeypatch.setenv("PATH", "")
    shown = []
    assert serve(models / "memory_qa", write=shown.append) == 0
    text = "".join(shown)
    assert "not on the PATH" in text
    assert docker_line([models / "memory_qa"]) in text
    assert example_line(models / "memory_qa") in text
    assert not (models / "model.config").exists()


def test_several_models_share_a_written_configuration(models, monkeypatch):
    monkeypatch.setenv("PATH", "")
    shown = []
    serve(models, write=shown.append)
    config = models / "model.config"
    assert config.read_text() == model_config([models / "memory_qa", models / "other"])
    assert f'name: "other" base_path: "{models}/other" model_platform: "tensorflow"' in (
        config.read_text()
    )
    words = shlex.split(shown[0].splitlines()[1])
    assert f"{models}/other:{models}/other:ro" in words
    assert f"{config}:/models/model.config:ro" in words
    assert words[-1] == "--model_config_file=/models/model.config"
    assert find_models(models) == [models / "memory_qa", models / "other"]


def test_a_server_on_the_path_is_started(models, fake_server, ports):
    folder, shown = fake_server(0), []
    assert serve(models / "memory_qa", write=shown.append, **ports) == 0
    assert (folder / "arguments").read_text().splitlines() == [
        f"--rest_api_port={ports['rest_port']}",
        f"--port={ports['grpc_port']}",
        "--model_name=memory_qa",
        f"--model_base_path={models}/memory_qa",
    ]
    assert "listens on all interfaces" in shown[0]
    assert example_line(models / "memory_qa", rest_port=ports["rest_port"]) in shown[0]


def test_a_server_gets_the_configuration_of_several_models(models, fake_server, ports):
    folder = fake_server(0)
    serve(models, write=lambda text: None, **ports)
    assert (folder / "config").read_text() == model_config(find_models(models))
    given = (folder / "arguments").read_text().splitlines()[-1].partition("=")[2]
    assert not Path(given).exists()
    assert not (models / "model.config").exists()


def test_a_server_that_fails_is_an_error(models, fake_server, ports):
    fake_server(3)
    with pytest.raises(OperationError, match="ended with code 3"):
        serve(models, write=lambda text: None, **ports)


def test_ctrl_c_ends_the_server_and_is_no_error(monkeypatch):
    class Interrupted:
        def __init__(self, words):
            self.waited, self.signals = 0, []
            started.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def wait(self):
            self.waited += 1
            if self.waited == 1:
                raise KeyboardInterrupt
            return -signal.SIGTERM

        def terminate(self):
            self.signals.append(signal.SIGTERM)

    started = []
    monkeypatch.setattr(command.subprocess, "Popen", Interrupted)
    assert command._run(["server"]) == 0
    assert (started[0].waited, started[0].signals) == (2, [signal.SIGTERM])


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        ({"rest_port": 8500}, "Expected two ports"),
        ({"rest_port": 0}, "--rest-port from 1 to 65535"),
        ({"grpc_port": 70_000}, "--grpc-port from 1 to 65535"),
    ],
)
def test_impossible_ports_are_refused(models, ports, words):
    with pytest.raises(UserError, match=words):
        serve(models, write=lambda text: None, **ports)


def test_a_taken_port_is_refused_before_the_server_starts(models, fake_server, ports):
    folder = fake_server(0)
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        ports["grpc_port"] = taken.getsockname()[1]
        with pytest.raises(UserError, match="choose another with --grpc-port"):
            serve(models, write=lambda text: None, **ports)
    assert not (folder / "arguments").exists()
