"""Every public data set in its true layout, made once."""

import pytest

from tests.fakes.public_datasets import (
    WRITERS,
)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Every data set once, only read."""
    root = tmp_path_factory.mktemp("sets")
    return {name: write(root / name) for name, write in WRITERS.items()}
