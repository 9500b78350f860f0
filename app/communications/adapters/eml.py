"""Mail written as files, for where no mail server is set: one `.eml` for each delivery, readable by any mail program."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from app.communications.adapters.mime import MessageBuilder, Unsendable
from app.communications.ports import Outcome, Outgoing
from app.core.clock import Clock


class EmlMailer:
    """A file survives whatever happens to this process; with `is_durable` it survives a power cut too, more slowly."""

    is_repeatable = True

    def __init__(self, outbox: Path, *, sender: str, clock: Clock, is_durable: bool = False) -> None:
        self._outbox = outbox
        self._builder = MessageBuilder(sender, clock=clock)
        self._is_durable = is_durable

    async def send(self, messages: Sequence[Outgoing]) -> AsyncGenerator[Outcome, None]:
        for message in messages:
            yield await asyncio.to_thread(self._write, message)

    def _write(self, message: Outgoing) -> Outcome:
        target = self._outbox / f"{message.delivery_id}.eml"
        try:
            if not target.exists():
                self._write_whole(target, self._builder.build(message))
        except Unsendable as error:
            return Outcome(message.delivery_id, "failed_permanent", f"not written: {error}")
        except OSError as error:
            return Outcome(message.delivery_id, "failed_temporary", f"not written: {error.strerror}")
        return Outcome(message.delivery_id, "sent", "written to the outbox")

    def _write_whole(self, target: Path, raw: bytes) -> None:
        """Under another name first: whoever reads the outbox sees the whole file or none."""
        self._outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._outbox)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                if self._is_durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(name).rename(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        if self._is_durable:
            self._keep_name()

    def _keep_name(self) -> None:
        # On Linux the name of a new file is durable only once its folder is.
        descriptor = os.open(self._outbox, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
