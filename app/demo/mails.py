"""What lies in the mailbox of the practice that has nothing else, as its reception would see it."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

from app.demo import world

_LINK: Final = re.compile(r"https?://\S+/a/[\w-]+")


def mailbox_lines(outbox: Path) -> Iterator[str]:
    """In words: each mail that asks the practice something, the oldest first, with its file and its link."""
    practice = next(each for each in world.practices() if each.code == world.MAILBOX_PRACTICE)
    assert practice.nurse is not None
    asking = list(_asking(outbox, practice.mailbox))
    if not asking:
        yield f"No mail in {outbox} asks {practice.mailbox} anything; this wants a demo whose mail is written to files."
        return
    yield f"{practice.name} ({practice.code}) has a mailbox and no key: {practice.mailbox}"
    yield f"Open a mail in a mail program, or its link in a browser. The name to type is {practice.nurse.name}."
    for path, subject, link in asking:
        yield f"\n{subject}\n  mail: {path}\n  link: {link}"


def _asking(outbox: Path, mailbox: str) -> Iterator[tuple[Path, str, str]]:
    # The names are the deliveries' ids, which begin with the time.
    for path in sorted(outbox.glob("*.eml")):
        raw = path.read_bytes()
        if mailbox.encode() not in raw:
            continue
        mail = message_from_bytes(raw, policy=default)
        found = _LINK.search(_text(mail))
        if mailbox in mail["To"] and found:
            yield path, mail["Subject"], found[0]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""
