"""`python -m benchmarks.kills`: kill the main job at random moments, let it go on, and compare with one left alone."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import environment

EPOCHS = 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many trainings are killed (default: 20)")
    parser.add_argument("--model", choices=("mlp", "conv"), default="mlp", help="(default: mlp)")
    options = parser.parse_args()
    environment.pin()
    words = ["train", "digits", "--model", options.model, "--hidden", "32", "--epochs", str(EPOCHS)]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        run([*words, "--out", str(folder / "unbroken")])
        unbroken = learned(folder / "unbroken")
        seconds = json.loads((folder / "unbroken" / "summary.json").read_text())["seconds"]
        print("| kill | after | epochs that were saved | equal to the unbroken one |")
        print("|---:|---:|---:|---|")
        for i in range(options.kills):
            killed = folder / "killed"
            after, epochs = kill([*words, "--out", str(killed)], killed / "training.safetensors", seconds)
            run(["train", "digits", "--resume", str(killed)])
            same = learned(killed) == unbroken
            print(f"| {i + 1} | {after:.2f} s | {epochs} of {EPOCHS} | {'bit for bit' if same else 'NO'} |", flush=True)
            if not same:
                raise SystemExit("the training that went on differs")
            shutil.rmtree(killed)


def run(words: list[str]) -> None:
    """Run the command."""
    subprocess.run([sys.executable, "-m", "autograd_mini", *words], check=True, capture_output=True)


def kill(words: list[str], file: Path, seconds: float) -> tuple[float, int]:
    """Kill the command at a random moment of its training, which takes some seconds and has saved once.

    Returns
    -------
    float
        The seconds after the first save.
    int
        How many epochs were saved.
    """
    from autograd_mini.storage import load_arrays

    process = subprocess.Popen(
        [sys.executable, "-m", "autograd_mini", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not file.exists() and process.poll() is None:
        time.sleep(0.001)
    after = random.uniform(0, 0.95 * seconds)
    time.sleep(after)
    process.kill()
    process.wait()
    return after, len(load_arrays(file)[0].get("training/history.loss", ()))


def learned(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all weights, and of the numbers of each epoch."""
    import numpy as np

    with np.load(folder / "weights.npz") as weights:
        arrays = {name: weights[name].tobytes() for name in weights}
    return arrays | {"history": json.dumps(json.loads((folder / "summary.json").read_text())["epochs"]).encode()}


if __name__ == "__main__":
    main()
