import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from shared.errors import OperationError, UserError
from shared.serving.client import metadata, model_url, predict, predict_rows, versions

PROJECT = Path(__file__).parents[3]
STRING = {"dtype": "DT_STRING", "tensor_shape": {"dim": [{"size": "-1", "name": ""}]}}
FLOAT = {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "-1"}, {"size": "3"}]}}
METADATA = {
    "model_spec": {"name": "tiny", "version": "3"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {"inputs": {"text": STRING}, "outputs": {"scores": FLOAT}},
                "__saved_model_init_op": {"inputs": {}, "outputs": {"__init": {}}},
            }
        }
    },
}


class Server:
    """A stand-in that answers each path with a fixed status and body, and keeps what it got."""

    def __init__(self, answers):
        self.answers, self.received, self.release = answers, [], threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length", 0))
                outer.received.append((self.path, self.rfile.read(size)))
                status, body = outer.answers.get(self.path, (404, {"error": "no such model"}))
                if status == "slow":
                    outer.release.wait(30)
                    status = 200
                if status == "cut":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1/models/tiny"


@contextmanager
def serving(**answers):
    paths = {"predict": ":predict", "metadata": "/metadata", "status": ""}
    server = Server({f"/v1/models/tiny{paths[name]}": answer for name, answer in answers.items()})
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def test_columns_go_out_and_come_back():
    answer = {
        "outputs": {"label": ["h\u00fctte", "b"], "image_bytes": [{"b64": "/9g="}, {"b64": ""}]}
    }
    with serving(predict=(200, answer)) as server:
        got = predict(
            server.url,
            {"text": ["h\u00fctte", "x"], "raw": [b"\xff\xd8", b""], "ids": np.array([[1], [2]])},
            signature="tokens",
        )
    assert got == {"label": ["h\u00fctte", "b"], "image_bytes": [b"\xff\xd8", b""]}
    ((path, body),) = server.received
    assert path == "/v1/models/tiny:predict"
    assert json.loads(body) == {
        "signature_name": "tokens",
        "inputs": {
            "text": ["h\u00fctte", "x"],
            "raw": [{"b64": "/9g="}, {"b64": ""}],
            "ids": [[1], [2]],
        },
    }


def test_rows_go_out_and_come_back():
    answer = {"predictions": [{"label": "a", "p": 0.5}, {"label": "b", "p": 0.25}]}
    with serving(predict=(200, answer)) as server:
        assert predict_rows(server.url, [{"text": "x"}, {"text": b"y"}]) == answer["predictions"]
        assert predict_rows(server.url, []) == []
    ((_, body),) = server.received
    assert json.loads(body) == {
        "signature_name": "serving_default",
        "instances": [{"text": "x"}, {"text": {"b64": "eQ=="}}],
    }


@pytest.mark.parametrize("value", [[[0.5], [0.25]], [{"b64": "eQ=="}, {"b64": "eA=="}]])
def test_a_single_output_gets_its_name_back(value):
    expected = [b"y", b"x"] if isinstance(value[0], dict) else value
    with serving(predict=(200, {"outputs": value}), metadata=(200, METADATA)) as server:
        assert predict(server.url, {"text": ["a", "b"]}) == {"scores": expected}
    with serving(predict=(200, {"predictions": value}), metadata=(200, METADATA)) as server:
        assert predict_rows(server.url, [{"text": "a"}, {"text": "b"}]) == [
            {"scores": row} for row in expected
        ]


def test_metadata_and_versions_are_plain():
    status = {
        "model_version_status": [
            {"version": "3", "state": "AVAILABLE", "status": {}},
            {"version": "2", "state": "END", "status": {}},
        ]
    }
    with serving(metadata=(200, METADATA), status=(200, status)) as server:
        assert metadata(server.url) == {
            "serving_default": {
                "inputs": {"text": {"dtype": "string", "shape": [-1]}},
                "outputs": {"scores": {"dtype": "float", "shape": [-1, 3]}},
            }
        }
        assert versions(server.url) == {3: "AVAILABLE", 2: "END"}


def test_nobody_at_the_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/models/tiny"
        with pytest.raises(UserError, match=r"no one answers .*start one with: brickyard serve"):
            predict(url, {"text": ["a"]})


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, {"error": "Missing inputs"}, UserError, r"refused the request .* \(400\): Missing"),
        (404, {"error": "Servable not found"}, UserError, "knows none there .Servable not found"),
        (503, {"error": "starting"}, OperationError, r"failed \(503\): starting"),
        (500, b"<html>proxy</html>", OperationError, r"failed \(500\): <html>"),
        (403, b"", UserError, r"\(403\): Forbidden"),
        (200, b"<html>", UserError, "an answer of another kind"),
        (200, {"answer": 1}, UserError, "an answer of another kind"),
        (200, [1], UserError, "an answer of another kind"),
        (200, {"outputs": {"a": [{"b64": "?"}]}}, OperationError, "damaged base64"),
        ("cut", b"", OperationError, "broke the connection"),
    ],
)
def test_a_bad_answer_is_one_sentence(status, body, error, words):
    with serving(predict=(status, body)) as server, pytest.raises(error, match=words):
        predict(server.url, {"text": ["a"]})


def test_answers_of_another_kind_in_every_question():
    with serving(predict=(200, {}), metadata=(200, {}), status=(200, {})) as server:
        for question in (metadata, versions, lambda url: predict_rows(url, [{"text": "a"}])):
            with pytest.raises(UserError, match="an answer of another kind"):
                question(server.url)


def test_no_answer_in_time():
    with (
        serving(predict=("slow", {})) as server,
        pytest.raises(OperationError, match=r"no answer within 0\.2 seconds"),
    ):
        predict(server.url, {"text": ["a"]}, timeout_seconds=0.2)


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(predict=(200, {"outputs": {"a": [1], "b": [2]}})) as server:
        assert predict(server.url, {"text": ["a"]}) == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:1/v1/models/a", "http://h:1/v1/models/a"),
        ("https://h/v1/models/a/", "https://h/v1/models/a"),
        ("http://h:1/v1/models/a/versions/3:predict", "http://h:1/v1/models/a/versions/3"),
        ("http://h:1/v1/models/a/labels/stable", "http://h:1/v1/models/a/labels/stable"),
    ],
)
def test_addresses_of_models(url, expected):
    assert model_url(url) == expected


@pytest.mark.parametrize(
    "url",
    ["h:1", "http://h:1", "ftp://h/v1/models/a", "http:///v1/models/a", "http://h/v1/models/a/x"],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(UserError, match="Expected the address of a model"):
        model_url(url)


def test_the_client_loads_the_standard_library_only():
    program = (
        "import sys, shared.serving.client\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "shared" in loaded
    assert not {"numpy", "tensorflow", "keras", "requests", "rich"} & set(loaded)
