"""Debian's Postfix with its configuration, queue and mailboxes in a folder of its own, beside whatever the machine has."""

import asyncio
import contextlib
import os
import pwd
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.plenary.example
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = crowd.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/conf/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_relay_restrictions = reject_unauth_destination
default_transport = error:mail leaves this machine never
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
"""


@dataclass(frozen=True)
class Postfix:
    """A server that takes mail for the mailboxes it was given, each a Maildir, and answers 550 for all others."""

    folder: Path
    port: int

    def mails(self) -> list[EmailMessage]:
        files = [file for file in self.folder.glob("mail/*/new/*") if file.is_file()]
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]

    async def delivered(self, number: int) -> Counter[str]:
        """How many mails lie in each mailbox, once nothing is queued and that many have come, or ten seconds are over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while len(list(self.folder.glob("mail/*/new/*"))) < number or self._is_queued():
                    await asyncio.sleep(0.05)
        return Counter(file.parents[1].name for file in self.folder.glob("mail/*/new/*"))

    def refusals(self) -> int:
        return (self.folder / "log").read_text().count("reject: RCPT")

    def _is_queued(self) -> bool:
        queues = [self.folder / "queue" / name for name in ("incoming", "active", "deferred")]
        return any(file.is_file() for queue in queues for file in queue.rglob("*"))


@contextlib.asynccontextmanager
async def running_postfix(mailboxes: Sequence[str], port: int) -> AsyncIterator[Postfix]:
    """Skips the test where there is no Postfix, and where we may not start one: its master gives up root by itself."""
    command = shutil.which("postfix", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if command is None:
        pytest.skip("no Postfix on this machine (Debian: apt-get install postfix)")
    if os.geteuid() != 0:
        pytest.skip("Postfix is there, but only root may start it")
    # Not in pytest's folder, which is closed to Postfix's own users.
    with TemporaryDirectory(prefix="plenary-postfix-") as name:
        server = Postfix(Path(name), port)
        await asyncio.to_thread(_configure, server, mailboxes)
        process = await asyncio.create_subprocess_exec(
            command, "-c", str(server.folder / "conf"), "start-fg",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await _until_it_answers(server, process)
            yield server
        finally:
            # Its master has left the session that it was started in, so it is not ended with the command.
            stop = await asyncio.create_subprocess_exec(
                command, "-c", str(server.folder / "conf"), "stop",
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            await stop.wait()
            await process.wait()


def _configure(server: Postfix, mailboxes: Sequence[str]) -> None:
    folder, nobody, postfix = server.folder, pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    folder.chmod(0o755)
    for part in ("conf", "queue", "data", "mail"):
        (folder / part).mkdir()
    os.chown(folder / "data", postfix.pw_uid, postfix.pw_gid)
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder, uid=nobody.pw_uid, gid=nobody.pw_gid))
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=server.port))
    listed = "".join(f"{address} {address.partition('@')[0]}/\n" for address in mailboxes)
    (folder / "conf" / "mailboxes").write_text(listed)


async def _until_it_answers(server: Postfix, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except OSError:
                log = server.folder / "log"
                assert process.returncode is None, log.read_text() if log.exists() else "Postfix said nothing"
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
