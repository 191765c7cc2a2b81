"""How fast an exported captioner answers, against the encoder inside it alone.

    python -m benchmarks.caption_throughput RUN --photos FOLDER [--quick]

Exports the run with beam 3 and gives the SavedModel the bytes of JPEG files: it decodes, encodes,
searches and writes the words. The rival is the bare encoder, `predict_on_batch` on arrays that are
decoded already. Both are timed in turn at batch 16, and at batch 1, where the time of each request
stands beside it. Memory is the peak of a fresh process in which the SavedModel captions a tenth of
the pictures, and all of them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import own_peak_mib, paired, write_result

BEAM, BATCHES = 3, (16, 1)
NAME = "caption_throughput"


@dataclass(frozen=True)
class Setting:
    """What is compared.

    Args:
        model: folder of the SavedModel.
        photos: bytes of JPEG files.
        pixels: of each, float32 (N, size, size, 3).
        encode: the bare encoder, a batch of pixels -> features.
    """

    model: Path
    photos: Sequence[bytes]
    pixels: np.ndarray
    encode: Callable[[np.ndarray], Any]


def main() -> None:
    """Compares at batch 16 and 1, and writes the memory down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=Path, required=True, help="a folder with JPEG files")
    parser.add_argument("--count", type=int, default=160, help="pictures that are timed")
    parser.add_argument("--many", type=int, default=1600, help="pictures that memory is told of")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="shows that it works; writes nothing")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.count, arguments.many, arguments.rounds = 32, 40, 1
    if arguments.alone:
        alone(arguments.run, chosen(arguments.photos, arguments.many))
        return
    with tempfile.TemporaryDirectory() as folder:
        setting = prepared(arguments, Path(folder))
        rows = [compared(setting, batch, rounds=arguments.rounds) for batch in BATCHES]
        few, many = (
            memory_of(setting.model, arguments.photos, count)
            for count in (arguments.many // 10, arguments.many)
        )
    rows.append(
        {
            "measured": f"peak memory of predict, {arguments.many // 10} and {arguments.many}",
            "few_peak_memory_mib": few,
            "many_peak_memory_mib": many,
        }
    )
    for row in rows:
        if arguments.quick:
            print(json.dumps(row))
        else:
            write_result(NAME, row)


def chosen(folder: Path, most: int) -> list[Path]:
    """Returns JPEG files of a folder, evenly chosen; some come again where there are too few."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not files:
        raise SystemExit(f"Expected JPEG files in {folder}, found none.")
    return [files[place * max(len(files), most) // most % len(files)] for place in range(most)]


def prepared(arguments: argparse.Namespace, folder: Path) -> Setting:
    """Exports the run with the beam, and decodes the pictures for the rival."""
    from shared.bundle import load
    from shared.data.pictures.item import Item
    from shared.export.writer import export
    from shared.images.reading import decode_images

    bundle = load(arguments.run)
    decoding = bundle.config.decoding
    decoding = replace(decoding, beam_width=BEAM, n_best=min(BEAM, decoding.n_best))
    bundle = replace(bundle, config=replace(bundle.config, decoding=decoding), memo={})
    export(bundle, folder, name="captions")
    paths = chosen(arguments.photos, arguments.count)
    photos = [path.read_bytes() for path in paths]
    encoder = bundle.model.encoder
    pixels = decode_images(
        [Item(str(path), data) for path, data in zip(paths, photos, strict=True)],
        photos,
        size=encoder.input_shape[1],
        crop=bundle.config.pictures.crop,
    )
    return Setting(folder / "captions" / "1", photos, pixels, encoder.predict_on_batch)


def compared(setting: Setting, batch: int, *, rounds: int) -> dict[str, Any]:
    """Returns the row of one size of batch."""
    import tensorflow as tf

    module = tf.saved_model.load(str(setting.model))
    caption = module.signatures["serving_default"]
    starts = range(0, len(setting.photos) - batch + 1, batch)
    requests = [tf.constant(setting.photos[start : start + batch], tf.string) for start in starts]
    seconds: list[float] = []

    def ours() -> None:
        for request in requests:
            started = time.perf_counter()
            caption(image_bytes=request)["caption"].numpy()
            seconds.append(time.perf_counter() - started)

    def rival() -> None:
        for start in starts:
            setting.encode(setting.pixels[start : start + batch])

    row = paired(ours, rival, rounds=rounds).row(items=batch * len(starts))
    # Those of the rounds in which graphs were traced are not counted.
    counted = 1000.0 * np.array(seconds[-rounds * len(starts) :])
    return {
        "measured": f"pictures/s, beam {BEAM}, batch {batch}",
        "rival": "predict_on_batch of the encoder on arrays",
        "pictures": batch * len(starts),
        **row,
        "request_ms_median": round(float(np.median(counted)), 1),
        "request_ms_95_percent": round(float(np.percentile(counted, 95)), 1),
    }


def memory_of(model: Path, photos: Path, count: int) -> float:
    """Returns the peak memory in MiB of a fresh process that captions so many pictures."""
    command = [sys.executable, "-m", "benchmarks.caption_throughput", str(model), "--alone"]
    command += ["--photos", str(photos), "--many", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def alone(model: Path, paths: Sequence[Path]) -> None:
    """Captions files as `predict` does, and prints the peak memory of this process."""
    from shared.app import find_app
    from shared.predict import open_answerer, predict

    app = find_app("image_captioning")
    for result in predict(app, open_answerer(app, str(model)), map(str, paths)):
        if "error" in result:
            raise SystemExit(result["error"])
    print(own_peak_mib())


if __name__ == "__main__":
    main()
