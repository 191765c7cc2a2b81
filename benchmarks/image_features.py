"""How fast JPEG files become features, and whether memory stays flat while the folder grows.

    python -m benchmarks.image_features --data FOLDER [--weights FILE] [--quick]

Speed: files read, decoded, resized, sent through the network and kept on disk, against the bare
network's `predict_on_batch` on arrays that are decoded already. Graphs are traced before, for both.
Memory: the peak of a fresh process that scans a folder, computes its features, and draws an epoch
of training batches; for a tenth of the images, and for all.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import own_peak_mib, paired, write_result

if TYPE_CHECKING:
    import keras

    from shared.data.pictures.scan import Scanned

BATCH = 32


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of JPEG files")
    parser.add_argument("--network", default="MobileNetV2")
    parser.add_argument("--weights", default="none")
    parser.add_argument("--size", type=int, default=224, help="of the images, in pixels")
    parser.add_argument("--images", type=int, default=256, help="a tenth of those for memory")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="shows that it works; writes nothing")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        alone(arguments)
        return
    if arguments.quick:
        arguments.images, arguments.rounds = 64, 3
    setting = {"network": arguments.network, "size": arguments.size}
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        chosen = copied(arguments.data, small, arguments.images)
        row = speed(arguments, small, Path(folder, "cache"))
        report({"measured": "images/s, files to features", **setting, **row}, arguments)
        most = copied(arguments.data, large, 10 * arguments.images)
        peaks = [memory_of(arguments, one) for one in (small, large)]
    row = {"images": [chosen, most], "peak_mib": peaks, "growth": round(peaks[1] / peaks[0], 3)}
    report({"measured": "peak memory of a process", **setting, **row}, arguments)


def report(row: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Writes a row down, or only shows it."""
    if arguments.quick:
        print(json.dumps(row))
    else:
        write_result("image_features", row)


def copied(source: Path, folder: Path, most: int) -> int:
    """Copies JPEG files, evenly chosen, into one class folder; returns how many."""
    files = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    chosen = [files[place * len(files) // most] for place in range(min(most, len(files)))]
    for number, path in enumerate(chosen):
        to = folder / path.parent.name / f"{number}.jpg"
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    return len(chosen)


def speed(arguments: argparse.Namespace, photos: Path, cache: Path) -> dict[str, Any]:
    """Compares images a second from the files with those of the network alone."""
    from shared.images.features import cached_features
    from shared.images.reading import decode_images, read_images

    images, network = scanned(photos), built(arguments)
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    decoded = [decode_images(one, read_images(one), size=arguments.size) for one in batches]

    def ours() -> None:
        features = cached_features(images, network, cache, batch_size=BATCH)
        if features.computed != len(images):
            raise RuntimeError(f"Expected {len(images)} new images, found {features.computed}.")
        shutil.rmtree(cache)

    def rival() -> None:
        for pixels in decoded:
            network.predict_on_batch(pixels)

    times = paired(ours, rival, rounds=arguments.rounds)
    return {"rival": "predict_on_batch on arrays", **times.row(items=len(images))}


def memory_of(arguments: argparse.Namespace, photos: Path) -> float:
    """Returns the peak memory in MiB of a fresh process that works through a folder."""
    command = [sys.executable, "-m", "benchmarks.image_features", "--alone", "--data", str(photos)]
    for name in ("network", "weights", "size"):
        command += [f"--{name}", str(getattr(arguments, name))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def alone(arguments: argparse.Namespace) -> None:
    """Works through a folder in this process and prints its peak memory."""
    from shared.images.augment.flip import flip
    from shared.images.batches import ImageBatches
    from shared.images.features import cached_features

    images, network = scanned(arguments.data), built(arguments)
    with tempfile.TemporaryDirectory() as cache:
        features = cached_features(images, network, Path(cache), batch_size=BATCH)
        for start in range(0, len(features), BATCH):
            features[start : start + BATCH]
    batches = ImageBatches(
        images,
        [0] * len(images),
        size=arguments.size,
        batch_size=BATCH,
        crop_area=0.25,
        augment=(flip,),
    )
    for index in range(len(batches)):
        batches[index]
    print(own_peak_mib())


def scanned(photos: Path) -> "Sequence[Scanned]":
    """Looks at every picture of a folder, as the app does."""
    from shared.data.pictures.files import read_files
    from shared.data.pictures.scan import scan
    from shared.data.sources import open_source

    return scan(read_files(open_source(str(photos)), lambda name: name))[0]


def built(arguments: argparse.Namespace) -> "keras.Model":
    """Builds the network with its weights."""
    from shared.backbones.build import build_backbone

    return build_backbone(arguments.network, size=arguments.size, weights=arguments.weights)


if __name__ == "__main__":
    main()
