"""The published files that some tests read. They are not part of this repository; without them those tests skip."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    directory = Path(os.environ.get("PLENARY_SHARED_DATA", _BESIDE_THE_REPOSITORY))
    path = directory / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: set PLENARY_SHARED_DATA to the folder of published files.")
    return path
