import os
import pwd
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.embedded.journal import FileJournal
from app.embedded.processes import Launcher


@pytest.fixture
async def launcher(tmp_path: Path) -> AsyncIterator[Launcher]:
    started = Launcher(FileJournal(tmp_path))
    yield started
    await started.close()


@pytest.fixture
def nobody() -> pwd.struct_passwd:
    """Only root can become somebody else; as an ordinary user the other half of the tests tells what happens."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    return pwd.getpwnam("nobody")
