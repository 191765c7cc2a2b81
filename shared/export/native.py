"""Runs a SavedModel in TensorFlow's C++ runtime, without one line of TensorFlow's Python.

A serving machine holds none of our code, so the proof of an export must hold none either. This
script knows the standard library, numpy and the C API of the library inside the tensorflow
wheel, nothing else; `shared.export.verify` starts it as `python -I native.py ...` in a process
of its own, and it may be copied elsewhere and run by hand. XLA is switched off the way
TensorFlow Serving does it. The file of cases it reads and writes is defined here too, since the
script may import nothing of the project; the other modules import `Case` from it.

Reference: tensorflow/c/c_api.h and tensorflow/c/tf_tstring.h in the wheel's include folder.
"""

import argparse
import ctypes
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# TF_DataType of tensorflow/c/tf_datatype.h; other types cannot cross the REST interface.
NUMBERS: dict[int, np.dtype] = {1: np.dtype("float32"), 3: np.dtype("int32"), 9: np.dtype("int64")}
STRING = 7
STRING_BYTES = 24  # sizeof(TF_TString)


@dataclass(frozen=True)
class Case:
    """One request to a signature, and its answer.

    Args:
        signature: the name of the signature.
        inputs: arrays by name; strings as arrays of objects holding `bytes`.
        outputs: arrays by name, the same.
        row: the row of the whole batch that this case asks for alone; None is the whole batch.
    """

    signature: str
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    row: int | None = None


def as_bytes(array: np.ndarray) -> np.ndarray:
    """Returns an array of str, bytes or objects of these as an array of `bytes` objects.

    Example:
    >>> as_bytes(np.array(["wall", "brick"])).tolist()
    [b'wall', b'brick']
    """
    strings = [text.encode() if isinstance(text, str) else text for text in array.flat]
    if not all(isinstance(text, bytes) for text in strings):
        raise TypeError(f"expected strings, received {array.dtype}")
    return np.fromiter(strings, object, len(strings)).reshape(array.shape)


def write_cases(path: Path, cases: Sequence[Case]) -> None:
    """Writes cases as one .npz file without pickled objects.

    A string array is stored as its bytes end to end and an array of the places where each
    string ends, so that neither length nor content is limited.
    """
    members: dict[str, np.ndarray] = {}

    def store(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
        keys = {}
        for name, array in arrays.items():
            key = keys[name] = f"v{len(members)}"
            if array.dtype.kind in "OSU":
                strings = as_bytes(array)
                ends = np.cumsum([len(text) for text in strings.flat], dtype=np.int64)
                members[f"{key}.ends"] = ends.reshape(array.shape)
                members[key] = np.frombuffer(b"".join(strings.flat), np.uint8)
            else:
                members[key] = array
        return keys

    index = [
        {
            "signature": case.signature,
            "row": case.row,
            "inputs": store(case.inputs),
            "outputs": store(case.outputs),
        }
        for case in cases
    ]
    members["index"] = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, **members)  # type: ignore[arg-type]


def read_cases(path: Path) -> list[Case]:
    """Reads what `write_cases` wrote.

    Raises:
        ValueError, KeyError, OSError, zipfile.BadZipFile: the file is missing or damaged.
    """
    with np.load(path, allow_pickle=False) as file:

        def load(key: str) -> np.ndarray:
            if f"{key}.ends" not in file:
                return file[key]
            data, ends = file[key].tobytes(), file[f"{key}.ends"]
            starts = [0, *ends.flat]
            strings = [data[a:b] for a, b in zip(starts, ends.flat, strict=False)]
            return np.fromiter(strings, object, len(strings)).reshape(ends.shape)

        return [
            Case(
                row["signature"],
                {name: load(key) for name, key in row["inputs"].items()},
                {name: load(key) for name, key in row["outputs"].items()},
                row["row"],
            )
            for row in json.loads(file["index"].tobytes())
        ]


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yields (field number, value) of a serialised protocol buffer: just enough of the format."""
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while place < len(message):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        yield key >> 3, message[place : place + size]
        place += size


def _entries(message: bytes, number: int) -> dict[str, bytes]:
    """Returns a map<string, message> field; each entry holds the key in 1 and the value in 2."""
    pairs = [dict(fields(value)) for n, value in fields(message) if n == number]  # type: ignore[arg-type]
    return {pair[1].decode(): pair.get(2, b"") for pair in pairs}  # type: ignore[union-attr,misc]


def signature_tensors(meta_graph: bytes) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Returns, for each signature of a MetaGraphDef, its tensor names: (inputs, outputs)."""

    def tensors(signature: bytes, number: int) -> dict[str, str]:
        infos = _entries(signature, number)
        return {key: dict(fields(info))[1].decode() for key, info in infos.items()}  # type: ignore[union-attr]

    signatures = _entries(meta_graph, 5)
    return {name: (tensors(body, 1), tensors(body, 2)) for name, body in signatures.items()}


class _Output(ctypes.Structure):
    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


class _Buffer(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("release", ctypes.c_void_p),
    )


class Runtime:
    """The C API of the TensorFlow library that lies in the installed wheel.

    Args:
        libraries: further op libraries to load, such as those of tensorflow-text.
    """

    def __init__(self, libraries: Sequence[str] = ()) -> None:
        # Finding a top-level package reads no code of it.
        spec = importlib.util.find_spec("tensorflow")
        if spec is None or spec.origin is None:
            raise RuntimeError("expected the package tensorflow to be installed, found none")
        folder = Path(spec.origin).parent
        # Op libraries look their symbols up in the framework library: it has to be global.
        ctypes.CDLL(str(next(folder.glob("libtensorflow_framework.*"))), ctypes.RTLD_GLOBAL)
        self.api = ctypes.CDLL(str(next(folder.glob("libtensorflow_cc.*"))))
        for name in ("NewStatus", "NewGraph", "NewSessionOptions", "NewBuffer", "AllocateTensor"):
            self._returns_pointer(name)
        for name in ("TensorData", "GraphOperationByName", "LoadSessionFromSavedModel"):
            self._returns_pointer(name)
        for name in ("StringGetDataPointer", "LoadLibrary", "GetAllOpList"):
            self._returns_pointer(name)
        self.api.TF_Message.restype = self.api.TF_Version.restype = ctypes.c_char_p
        self.api.TF_StringGetSize.restype = ctypes.c_size_t
        self.api.TF_Dim.restype = ctypes.c_int64
        self.api.TF_GetOpList.restype = _Buffer
        self.status = ctypes.c_void_p(self.api.TF_NewStatus())
        # What a stock server does at its start; a C++ name, so a later library may lack it.
        disable = getattr(self.api, "_ZN10tensorflow21DisableXlaCompilationEv", None)
        self.xla_off = disable is not None
        if disable is not None:
            disable()
        self.library_ops: dict[str, list[str]] = {}
        for library in libraries:
            handle = ctypes.c_void_p(self.api.TF_LoadLibrary(library.encode(), self.status))
            self.check()
            ops = self.api.TF_GetOpList(handle)
            self.library_ops[library] = _op_names(ctypes.string_at(ops.data, ops.length))

    def _returns_pointer(self, name: str) -> None:
        getattr(self.api, f"TF_{name}").restype = ctypes.c_void_p

    def check(self) -> None:
        """Raises RuntimeError with the library's message unless the last call succeeded."""
        if self.api.TF_GetCode(self.status):
            raise RuntimeError(self.api.TF_Message(self.status).decode(errors="replace"))

    def ops(self) -> list[str]:
        """Returns the names of all registered ops."""
        buffer = _Buffer.from_address(self.api.TF_GetAllOpList())
        return _op_names(ctypes.string_at(buffer.data, buffer.length))

    def tensor(self, array: np.ndarray) -> ctypes.c_void_p:
        """Copies an array into a new TF_Tensor."""
        kinds = {dtype: number for number, dtype in NUMBERS.items()}
        is_string = array.dtype.kind in "OSU"
        if not is_string and array.dtype not in kinds:
            raise TypeError(f"expected int32, int64, float32 or strings, received {array.dtype}")
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = array.size * STRING_BYTES if is_string else array.nbytes
        kind = STRING if is_string else kinds[array.dtype]
        tensor = ctypes.c_void_p(
            self.api.TF_AllocateTensor(kind, shape, array.ndim, ctypes.c_size_t(size))
        )
        data = self.api.TF_TensorData(tensor)
        if not is_string:
            ctypes.memmove(data, np.ascontiguousarray(array).ctypes.data, size)
            return tensor
        for position, text in enumerate(as_bytes(array).flat):
            string = ctypes.c_void_p(data + position * STRING_BYTES)
            self.api.TF_StringInit(string)
            self.api.TF_StringCopy(string, text, ctypes.c_size_t(len(text)))
        return tensor

    def array(self, tensor: ctypes.c_void_p) -> np.ndarray:
        """Copies a TF_Tensor into an array."""
        shape = [
            self.api.TF_Dim(tensor, ctypes.c_int(axis))
            for axis in range(self.api.TF_NumDims(tensor))
        ]
        count = int(np.prod(shape, dtype=np.int64))
        data = self.api.TF_TensorData(tensor)
        kind = self.api.TF_TensorType(tensor)
        if kind in NUMBERS:
            raw = ctypes.string_at(data, count * NUMBERS[kind].itemsize) if count else b""
            return np.frombuffer(raw, NUMBERS[kind]).reshape(shape)
        if kind != STRING:
            raise TypeError(f"an output has TF_DataType {kind}, which no answer may have")
        strings = np.empty(count, object)
        for position in range(count):
            string = ctypes.c_void_p(data + position * STRING_BYTES)
            size = self.api.TF_StringGetSize(string)
            strings[position] = ctypes.string_at(self.api.TF_StringGetDataPointer(string), size)
        return strings.reshape(shape)


def _op_names(op_list: bytes) -> list[str]:
    """Returns the names of an OpList: OpDef in field 1, its name in field 1."""
    return [dict(fields(op))[1].decode() for number, op in fields(op_list) if number == 1]  # type: ignore[arg-type,union-attr]


class Model:
    """A SavedModel loaded by the C++ runtime, tag `serve`.

    Args:
        runtime: the loaded library.
        folder: the folder that holds saved_model.pb.
    """

    def __init__(self, runtime: Runtime, folder: str) -> None:
        self.runtime, self.api = runtime, runtime.api
        self.graph = ctypes.c_void_p(self.api.TF_NewGraph())
        meta_graph = ctypes.c_void_p(self.api.TF_NewBuffer())
        self.session = ctypes.c_void_p(
            self.api.TF_LoadSessionFromSavedModel(
                ctypes.c_void_p(self.api.TF_NewSessionOptions()),
                None,
                folder.encode(),
                (ctypes.c_char_p * 1)(b"serve"),
                1,
                self.graph,
                meta_graph,
                runtime.status,
            )
        )
        runtime.check()
        buffer = _Buffer.from_address(meta_graph.value or 0)
        self.signatures = signature_tensors(ctypes.string_at(buffer.data, buffer.length))

    def _output(self, tensor_name: str) -> _Output:
        operation, _, index = tensor_name.partition(":")
        found = self.api.TF_GraphOperationByName(self.graph, operation.encode())
        return _Output(found, int(index or 0))

    def run(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs one signature.

        Args:
            signature: its name.
            inputs: arrays by the names of the signature.

        Returns:
            Arrays by the names of the signature.
        """
        if signature not in self.signatures:
            raise KeyError(f"the model has no signature {signature!r}, but {list(self.signatures)}")
        takes, gives = self.signatures[signature]
        if set(takes) != set(inputs):
            raise KeyError(f"{signature} takes {sorted(takes)}, received {sorted(inputs)}")
        fed = [self.runtime.tensor(inputs[name]) for name in takes]
        fetched = (ctypes.c_void_p * len(gives))()
        self.api.TF_SessionRun(
            self.session,
            None,
            (_Output * len(takes))(*map(self._output, takes.values())),
            (ctypes.c_void_p * len(takes))(*fed),
            len(takes),
            (_Output * len(gives))(*map(self._output, gives.values())),
            fetched,
            len(gives),
            None,
            0,
            None,
            self.runtime.status,
        )
        try:
            self.runtime.check()
            tensors = [ctypes.c_void_p(pointer) for pointer in fetched]
            return {
                name: self.runtime.array(tensor)
                for name, tensor in zip(gives, tensors, strict=True)
            }
        finally:
            for pointer in [*(tensor.value for tensor in fed), *fetched]:
                if pointer:
                    self.api.TF_DeleteTensor(ctypes.c_void_p(pointer))


def main(arguments: Sequence[str] | None = None) -> int:
    """The script: `native.py ops OUT` or `native.py run MODEL CASES OUT`, see --help."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    ops = verbs.add_parser("ops", help="write the names of all registered ops as JSON")
    run = verbs.add_parser("run", help="answer a file of cases")
    run.add_argument("model", help="folder with saved_model.pb")
    run.add_argument("cases", type=Path, help="requests, as written by write_cases")
    for verb in (ops, run):
        verb.add_argument("out", type=Path, help="the file to write")
        verb.add_argument("--library", action="append", default=[], help="an op library to load")
    options = parser.parse_args(arguments)
    try:
        runtime = Runtime()
        if options.verb == "ops":
            core = runtime.ops()
            runtime = Runtime(options.library)
            options.out.write_text(json.dumps({"core": core, "libraries": runtime.library_ops}))
            return 0
        runtime = Runtime(options.library)
        model = Model(runtime, options.model)
        answers = [
            Case(case.signature, {}, model.run(case.signature, case.inputs), case.row)
            for case in read_cases(options.cases)
        ]
    except (RuntimeError, KeyError, TypeError, OSError, ValueError) as error:
        sys.stderr.write(f"native.py: {error.args[0] if error.args else error}\n")
        return 3
    write_cases(options.out, answers)
    version = runtime.api.TF_Version().decode()
    sys.stdout.write(json.dumps({"tensorflow": version, "xla_off": runtime.xla_off}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
