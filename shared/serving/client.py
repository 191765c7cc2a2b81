"""Asks a model server over HTTP, with the standard library alone.

The server may be TensorFlow Serving or anything that speaks its REST protocol. `predict` from
a server's address goes through here, and this file may be copied into a program that has
neither TensorFlow, Keras nor numpy.

Reference: TensorFlow Serving, g3doc/api_rest.md.
"""

import base64
import binascii
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from shared.errors import OperationError, UserError

TIMEOUT_SECONDS = 30.0
_MODEL_PATH = re.compile(r"/v1/models/[^/:]+(/versions/\d+|/labels/[^/:]+)?")


def encode(data: bytes) -> dict[str, str]:
    """Returns bytes in the form that JSON can carry to the server.

    Example:
    >>> encode(b"brick")
    {'b64': 'YnJpY2s='}
    """
    return {"b64": base64.b64encode(data).decode()}


def model_url(url: str) -> str:
    """Returns the address of a model in one spelling.

    Args:
        url: `http://HOST:PORT/v1/models/NAME`, with `/versions/N` or `/labels/LABEL` or
            without; a verb such as `:predict` at the end is cut off.

    Raises:
        UserError: it is no such address.

    Example:
    >>> model_url("http://localhost:8501/v1/models/memory_qa:predict")
    'http://localhost:8501/v1/models/memory_qa'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    head, _, verb = path.rpartition(":")
    if head and verb in ("predict", "classify", "regress"):
        path = head
    if parts.scheme not in ("http", "https") or not parts.netloc or not _MODEL_PATH.fullmatch(path):
        raise UserError(
            "Expected the address of a model such as "
            f"http://localhost:8501/v1/models/memory_qa, received {url!r}."
        )
    return f"{parts.scheme}://{parts.netloc}{path}"


def metadata(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Returns the signatures of a served model.

    Args:
        url: address of the model, see `model_url`.
        timeout_seconds: how long to wait for an answer.

    Returns:
        {signature: {"inputs" | "outputs": {tensor: {"dtype", "shape"}}}}, dtypes as
        TensorFlow's names in small letters, -1 for a free axis.

    Raises:
        UserError, OperationError: see `predict`.
    """
    answer = _ask(f"{model_url(url)}/metadata", None, timeout_seconds)
    try:
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        return {
            name: {kind: _tensors(body[kind]) for kind in ("inputs", "outputs")}
            for name, body in signatures.items()
            if not name.startswith("__")
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise _foreign(url, error) from None


def _tensors(infos: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "dtype": info["dtype"].removeprefix("DT_").lower(),
            "shape": [int(axis["size"]) for axis in info["tensor_shape"].get("dim", [])],
        }
        for name, info in infos.items()
    }


def versions(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> dict[int, str]:
    """Returns the state of each version of a served model, such as {3: "AVAILABLE"}.

    Raises:
        UserError, OperationError: see `predict`.
    """
    answer = _ask(model_url(url), None, timeout_seconds)
    try:
        return {int(row["version"]): row["state"] for row in answer["model_version_status"]}
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(url, error) from None


def predict(
    url: str,
    inputs: Mapping[str, Any],
    *,
    signature: str = "serving_default",
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> dict[str, list[Any]]:
    """Asks a model for a batch, in the column form: one list for each input.

    Args:
        url: address of the model, see `model_url`.
        inputs: for each input one value an example; strings, bytes, numbers or nested lists
            (arrays with a `tolist` are taken too).
        signature: which signature to ask.
        timeout_seconds: how long to wait for an answer.

    Returns:
        For each output one value an example; outputs the server encoded are `bytes`.

    Raises:
        UserError: no server answers there, it has no such model or signature, or it refuses
            the request; holds the server's reason.
        OperationError: no answer in time, or the server failed.
    """
    body = {"signature_name": signature, "inputs": _encodable(inputs)}
    answer = _ask(f"{model_url(url)}:predict", body, timeout_seconds)
    try:
        outputs = answer["outputs"]
    except (KeyError, TypeError) as error:
        raise _foreign(url, error) from None
    if not isinstance(outputs, dict) or set(outputs) == {"b64"}:
        # A single output comes without its name.
        known = metadata(url, timeout_seconds=timeout_seconds)[signature]["outputs"]
        outputs = {next(iter(known)): outputs}
    return {name: _decoded(value) for name, value in outputs.items()}


def predict_rows(
    url: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    signature: str = "serving_default",
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> list[dict[str, Any]]:
    """Asks a model for a batch, in the row form: one dict for each example.

    Args:
        url: address of the model, see `model_url`.
        rows: the inputs of each example, by name.
        signature: which signature to ask.
        timeout_seconds: how long to wait for an answer.

    Returns:
        The outputs of each example, by name.

    Raises:
        UserError, OperationError: see `predict`.
    """
    if not rows:
        return []  # the server refuses an empty list
    body = {"signature_name": signature, "instances": _encodable(list(rows))}
    answer = _ask(f"{model_url(url)}:predict", body, timeout_seconds)
    try:
        predictions = answer["predictions"]
    except (KeyError, TypeError) as error:
        raise _foreign(url, error) from None
    if not all(isinstance(row, dict) and set(row) != {"b64"} for row in predictions):
        known = metadata(url, timeout_seconds=timeout_seconds)[signature]["outputs"]
        predictions = [{next(iter(known)): row} for row in predictions]
    return [{name: _decoded(value) for name, value in row.items()} for row in predictions]


def _encodable(value: Any) -> Any:
    """Returns a value as JSON can carry it."""
    if isinstance(value, bytes):
        return encode(value)
    if hasattr(value, "tolist"):
        return _encodable(value.tolist())
    if isinstance(value, Mapping):
        return {name: _encodable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def _decoded(value: Any) -> Any:
    """Returns what the server encoded as bytes."""
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict) and set(value) == {"b64"}:
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise OperationError(f"the server sent damaged base64: {error}") from None
    return value


def _ask(url: str, body: Any, timeout_seconds: float) -> Any:
    """Sends one request and returns the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    host = urlsplit(url).hostname or ""
    # A proxy of the company cannot reach this machine's own ports.
    local = host == "localhost" or host == "::1" or host.startswith("127.")
    handlers = [urllib.request.ProxyHandler({})] if local else []
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout_seconds) as got:
            return json.loads(got.read())
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(url, error) from None
    except TimeoutError:
        raise _late(url, timeout_seconds) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _late(url, timeout_seconds) from None
        raise UserError(
            f"Expected a model server at {url}, but no one answers ({error.reason}); start one "
            "with: brickyard serve"
        ) from None
    except (ConnectionError, OSError) as error:
        raise OperationError(f"the server at {url} broke the connection: {error}") from None
    except ValueError as error:
        raise _foreign(url, error) from None


def _refusal(url: str, error: urllib.error.HTTPError) -> Exception:
    """Returns the error for an HTTP status, with the reason the server gave."""
    text = error.read().decode(errors="replace")
    try:
        reason = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        reason = text.strip()[:300] or error.reason
    if error.code == 404:
        return UserError(
            f"Expected a served model at {url}, the server knows none there ({reason}); look at "
            "the name and version in the address."
        )
    if error.code < 500:
        return UserError(f"The server refused the request to {url} ({error.code}): {reason}")
    return OperationError(f"the server at {url} failed ({error.code}): {reason}")


def _late(url: str, timeout_seconds: float) -> OperationError:
    return OperationError(
        f"the server at {url} gave no answer within {timeout_seconds:g} seconds; it may still be "
        "loading the model, or the batch is too large"
    )


def _foreign(url: str, error: Exception) -> UserError:
    return UserError(
        f"Expected a TensorFlow Serving at {url}, received an answer of another kind "
        f"({type(error).__name__}: {error}); look at the address."
    )
