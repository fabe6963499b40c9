"""What can happen to a file."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path


def fill_with_noise(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(path.stat().st_size))


def flip_one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[len(data) // 2] ^= 1
    path.write_bytes(data)


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: os.truncate(path, 0),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "noise": fill_with_noise,
    "one bit": flip_one_bit,
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "a folder": become_a_folder,
}
