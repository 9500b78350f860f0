"""What a server's answers mean for one message. Pure.

Whose fault a refusal is decides whether it is final. A recipient or content that is refused for good (5xx) fails for
good. A sender, a login or a session that is refused is about us: the message must wait until that is put right.
"""

import re
from dataclasses import dataclass

from app.communications.ports import DeliveryState

SHUTTING_DOWN = 421
NEEDS_LOGIN = 530
TOO_MUCH = 552
SEND_BODY = 354
MAX_DETAIL = 200
ANY_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]]+@[^\s<>\"',;:()\[\]]+")
UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Reply:
    command: str
    code: int
    text: bytes

    def is_good(self) -> bool:
        return self.code == SEND_BODY if self.command == "DATA" else 200 <= self.code < 300


def judge_refusal(reply: Reply) -> DeliveryState:
    """The state of a message that was refused before its body was sent."""
    if reply.command == "MAIL":
        # Here 552 is about the size that we announced, everything else about who we are.
        return "failed_permanent" if reply.code == TOO_MUCH else "failed_temporary"
    if reply.code == NEEDS_LOGIN or (reply.command == "RCPT" and reply.code == TOO_MUCH):
        # RFC 5321 4.5.3.1.10: servers say 552 for "too many recipients", which passes.
        return "failed_temporary"
    return "failed_permanent" if 500 <= reply.code < 600 else "failed_temporary"


# Policy, a full mailbox, size, routes: about the message, the moment or us, whatever the first digit says.
_NOT_THE_MAILBOX = re.compile(rb"\A\s*5\.(?:2\.[2-9]|[34567]\.)")


def is_gone(reply: Reply) -> bool:
    """Whether the refusal is of the mailbox itself, for good, so that nothing needs to be sent there again."""
    return (
        reply.command == "RCPT"
        and judge_refusal(reply) == "failed_permanent"
        and not _NOT_THE_MAILBOX.match(reply.text)
    )


def judge_body(reply: Reply) -> DeliveryState:
    """The state of a message whose body was sent. An answer that is none leaves it in doubt."""
    if 200 <= reply.code < 300:
        return "sent"
    if 400 <= reply.code < 500:
        return "failed_temporary"
    return "failed_permanent" if 500 <= reply.code < 600 else "in_doubt"


def describe(reply: Reply, recipient: str) -> str:
    """Code and text for an operator, without the recipient, whom servers like to name."""
    text = scrub(reply.text.decode("ascii", "replace"))
    local_part = recipient.rpartition("@")[0].lower()
    if local_part in text.lower():
        # Looked for first, because a pattern made for each message would cost more than sending it.
        whole_word = rf"(?<![A-Za-z0-9]){re.escape(local_part)}(?![A-Za-z0-9])"
        text = re.sub(whole_word, "(address)", text, flags=re.IGNORECASE)
    return f"{reply.command} {reply.code} {text}"[:MAX_DETAIL].rstrip()


def scrub(text: str) -> str:
    """Addresses are personal data, and what a server writes is not to be trusted on a terminal."""
    return ANY_ADDRESS.sub("(address)", UNPRINTABLE.sub(" ", text))[:MAX_DETAIL]
