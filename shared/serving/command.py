"""Starts TensorFlow Serving on exported models, or prints the line that would.

`brickyard serve` calls `serve`; cards and the output of `export` take their docker and curl
lines from here. There is no TensorFlow Serving in the Python package index: it comes as a
docker image or a system package.
"""

import json
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.errors import OperationError, UserError
from shared.export.lineage import EXTRA, is_version, versions_of
from shared.files import write_text

SERVER = "tensorflow_model_server"
IMAGE = "tensorflow/serving"
_INLINE_CHARACTERS = 2000


def find_models(path: Path) -> list[Path]:
    """Returns the base paths (folders of versions) that a path means.

    Args:
        path: a base path such as saved_models/memory_qa, or the folder of several.

    Raises:
        UserError: it is a version folder, or holds no exports.
    """
    path = Path(path).resolve()
    if (path / "saved_model.pb").is_file():
        raise UserError(
            f"Expected the folder that holds the versions of a model, received the version {path};"
            f" give {path.parent}, a server takes the highest version in it."
        )
    if versions_of(path):
        return [path]
    children = sorted(path.iterdir()) if path.is_dir() else []
    models = [child for child in children if not is_version(child.name) and versions_of(child)]
    if not models:
        raise UserError(
            f"Expected exported models in {path}, found none; make one with: "
            "brickyard APP export RUN"
        )
    return models


def model_config(models: Sequence[Path]) -> str:
    """Returns the text of a model.config file for several models."""
    lines = ["model_config_list {"]
    for base in models:
        name, place = (json.dumps(text, ensure_ascii=False) for text in (base.name, str(base)))
        lines.append(f'  config {{ name: {name} base_path: {place} model_platform: "tensorflow" }}')
    return "\n".join([*lines, "}", ""])


def docker_line(
    models: Sequence[Path],
    *,
    rest_port: int = 8501,
    grpc_port: int = 8500,
    config: Path | None = None,
) -> str:
    """Returns the docker command that serves models on this machine only.

    Args:
        models: base paths.
        rest_port: TCP port for REST.
        grpc_port: TCP port for gRPC.
        config: for several models, the file that holds `model_config(models)`.
    """
    words = ["docker", "run", "--rm"]
    # Inside the container the server listens on all interfaces; the loopback address here is
    # what keeps it on this machine.
    words += ["-p", f"127.0.0.1:{rest_port}:8501", "-p", f"127.0.0.1:{grpc_port}:8500"]
    if config is None:
        base = models[0].resolve()
        words += ["-v", f"{base}:/models/{base.name}:ro", "-e", f"MODEL_NAME={base.name}", IMAGE]
        return shlex.join(words)
    for base in models:
        # The same path inside, so that one model.config serves both kinds of server.
        words += ["-v", f"{base.resolve()}:{base.resolve()}:ro"]
    words += ["-v", f"{config.resolve()}:/models/model.config:ro", IMAGE]
    return shlex.join([*words, "--model_config_file=/models/model.config"])


def curl_line(model: str, request: str, *, rest_port: int = 8501) -> str:
    """Returns the curl command that asks a served model.

    Args:
        model: the name of the model.
        request: the body, as JSON text, or "@" and the path of a file.
        rest_port: TCP port for REST.
    """
    if not request.startswith("@"):
        request = json.dumps(json.loads(request))
    if len(request) > _INLINE_CHARACTERS:
        request = f"@{EXTRA}/request.json"
    address = f"http://localhost:{rest_port}/v1/models/{model}:predict"
    return shlex.join(["curl", "-s", "-d", request, address])


def example_line(base: Path, *, rest_port: int = 8501) -> str | None:
    """Returns the curl command with a real request of a model's highest version.

    None when the export holds no request, as those of other tools.
    """
    versions = versions_of(base)
    path = versions[max(versions)] / EXTRA / "request.json" if versions else base
    if not path.is_file():
        return None
    request = path.read_text(encoding="utf-8")
    if len(request) > _INLINE_CHARACTERS:
        request = f"@{path.resolve()}"
    return curl_line(base.name, request, rest_port=rest_port)


def server_command(
    models: Sequence[Path], *, rest_port: int, grpc_port: int, config: Path | None = None
) -> list[str]:
    """Returns the command that starts the model server for base paths."""
    words = [SERVER, f"--rest_api_port={rest_port}", f"--port={grpc_port}"]
    if config is not None:
        return [*words, f"--model_config_file={config}"]
    base = models[0].resolve()
    return [*words, f"--model_name={base.name}", f"--model_base_path={base}"]


def serve(
    base_path: Path,
    *,
    rest_port: int = 8501,
    grpc_port: int = 8500,
    write: Callable[[str], object] | None = None,
) -> int:
    """Serves exported models until the server ends, or prints how to.

    Args:
        base_path: the versions of one model, or a folder of several models.
        rest_port: TCP port for REST.
        grpc_port: TCP port for gRPC.
        write: takes the lines to show; stdout by default.

    Returns:
        0, also after Ctrl-C.

    Raises:
        UserError: no models there, or a port that is impossible or taken.
        OperationError: the server ended with an error.
    """
    write = sys.stdout.write if write is None else write
    models = find_models(base_path)
    found = shutil.which(SERVER)
    _check_ports(rest_port, grpc_port, free=found is not None)
    lines = [example_line(base, rest_port=rest_port) for base in models]
    asking = "\n".join(line for line in lines if line is not None)
    if found is None:
        config = None
        if len(models) > 1:
            config = Path(base_path).resolve() / "model.config"
            write_text(config, model_config(models))
        docker = docker_line(models, rest_port=rest_port, grpc_port=grpc_port, config=config)
        write(f"{SERVER} is not on the PATH; with docker, the same is:\n{docker}\n")
        write(f"then ask it:\n{asking}\n")
        return 0
    write(
        f"The server listens on all interfaces of this machine (it has no option for less): "
        f"REST on port {rest_port}, gRPC on {grpc_port}; keep them behind a firewall.\n"
        f"Ask it:\n{asking}\n"
    )
    with tempfile.TemporaryDirectory(prefix="brickyard-serve-") as folder:
        config = None
        if len(models) > 1:
            config = Path(folder, "model.config")
            write_text(config, model_config(models))
        command = server_command(models, rest_port=rest_port, grpc_port=grpc_port, config=config)
        return _run([found, *command[1:]])


def _run(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as server:
        try:
            code = server.wait()
        except KeyboardInterrupt:
            # The terminal sent the signal to the server too; it may finish its requests.
            server.terminate()
            server.wait()
            return 0
    if code:
        raise OperationError(f"{SERVER} ended with code {code}; its log above says why")
    return 0


def _check_ports(rest_port: int, grpc_port: int, *, free: bool) -> None:
    if rest_port == grpc_port:
        raise UserError(f"Expected two ports, received {rest_port} for both REST and gRPC.")
    for name, port in (("--rest-port", rest_port), ("--grpc-port", grpc_port)):
        if not 0 < port < 65536:
            raise UserError(f"Expected {name} from 1 to 65535, received {port}.")
        if not free:
            continue
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("", port))
            except OSError as error:
                raise UserError(
                    f"Expected port {port} to be free, received: {error.strerror}; choose "
                    f"another with {name}."
                ) from None
