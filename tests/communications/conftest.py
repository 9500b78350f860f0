"""A mail server on this machine and a mailer that uses it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from app.communications.adapters.smtp import SmtpMailer
from app.communications.adapters.smtp_server import SmtpServer
from app.communications.ports import Mailer, Outcome, Outgoing
from tests.factories.mail import SENDER
from tests.fakes.clock import MovingClock
from tests.fakes.smtp_sink import SmtpSink, running_sink


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with running_sink() as sink:
        yield sink


@pytest.fixture
def mailer_to() -> Callable[..., SmtpMailer]:
    def build(sink: SmtpSink, url: str = "smtp://127.0.0.1:{port}", **options: Any) -> SmtpMailer:
        server = SmtpServer.from_url(url.format(port=sink.port), **options)
        return SmtpMailer(server, sender=SENDER, clock=MovingClock())

    return build


@pytest.fixture
def outcomes_of() -> Callable[[Mailer, Sequence[Outgoing]], Any]:
    async def collect(mailer: Mailer, messages: Sequence[Outgoing]) -> list[Outcome]:
        async with aclosing(mailer.send(messages)) as outcomes:
            return [outcome async for outcome in outcomes]

    return collect
