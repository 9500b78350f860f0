"""What lies in the mailbox of the practice that has nothing else, as its reception would see it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

from app.demo import world

_LINK: Final = re.compile(r"https?://\S+/a/[\w-]+")


@dataclass(frozen=True, slots=True)
class Asking:
    """A mail that is answered by its link."""

    path: Path
    subject: str
    link: str


def mailbox_lines(outbox: Path) -> Iterator[str]:
    practice = next(each for each in world.practices() if each.code == world.MAILBOX_PRACTICE)
    mails = asking_mails(outbox, practice.mailbox)
    if not mails:
        yield f"No mail in {outbox} asks {practice.mailbox} anything. A demo writes some where no mail server is set."
        return
    assert practice.nurse is not None
    yield f"{practice.name} ({practice.code}) has no key. The office knows its mailbox, {practice.mailbox}, and its nurse."
    yield f"Open a mail in a mail program, or its link in a browser. The name to type is the nurse's: {practice.nurse.name}."
    for mail in mails:
        yield f"\n{mail.subject}\n  mail: {mail.path}\n  link: {mail.link}"


def asking_mails(outbox: Path, mailbox: str) -> list[Asking]:
    """Those to that address, the oldest first: the files' names are the deliveries' ids, which begin with the time."""
    found = (_asking(path, mailbox) for path in sorted(outbox.glob("*.eml")))
    return [mail for mail in found if mail is not None]


def _asking(path: Path, mailbox: str) -> Asking | None:
    raw = path.read_bytes()
    if mailbox.encode() not in raw:
        return None
    mail = message_from_bytes(raw, policy=default)
    body = mail.get_body(("plain",))
    link = _LINK.search(body.get_content()) if body else None
    return Asking(path, mail["Subject"], link[0]) if link and mailbox in mail["To"] else None
