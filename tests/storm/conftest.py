import os

import pytest


@pytest.fixture
def own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm kills its servers, so it never takes those that the other tests use."""
    for name in [name for name in os.environ if name.startswith("PLENARY_")]:
        monkeypatch.delenv(name)
