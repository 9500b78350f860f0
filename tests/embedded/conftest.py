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
