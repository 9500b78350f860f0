"""E-mail addresses: which of them can be sent to, and when two writings are one address."""

import re
import unicodedata
from typing import Annotated, Final

import idna
from email_validator import validate_email
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

LONGEST: Final = 254
# Mail servers take these for commands, paths or routes and refuse them (Exim's own defaults, for one).
_NEVER_SENT: Final = re.compile(r"[./|]|.*(?:[%!]|/\.\./)")
# The root's dot, which a domain may end in or not, and what a line break in front of it would leave at the end.
_END_OF_NAME: Final = re.compile(r"[\s.]+\Z")
# Cut off before anything is worked out: the longest that a token or a query may bring along.
_LONGEST_COMPARED: Final = 1000


def address_key(address: str | None) -> str | None:
    """What two writings of one address have in common; the only form in which addresses are compared.

    `Zoe@Bücher.example`, with the ü in one character or in two, in full-width letters or with a soft hyphen in it, and
    `zoe@xn--bcher-kva.example` are one address, so that one human is not two persons.
    """
    local, at, domain = _folded((address or "")[:_LONGEST_COMPARED]).rpartition("@")
    return f"{local.casefold()}{at}{domain_key(domain)}" or None


def domain_key(domain: str) -> str:
    """The domain as the name service has it (IDNA); where it can have none, its letters alone."""
    name = _END_OF_NAME.sub("", domain)
    if name.isascii() and "xn--" not in name.lower():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return name.casefold()


def _folded(text: str) -> str:
    """Compatible forms as one, and without the characters that take no room on the screen."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", seen).strip()


def check_address(text: str) -> str:
    """The address itself, its domain in small letters; ValueError where nothing could ever be sent to it."""
    found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    if len(text) > LONGEST or _NEVER_SENT.match(found.local_part):
        raise ValueError("the address cannot be sent to")
    return found.normalized


def _checked(text: str) -> str:
    try:
        return check_address(text)
    except ValueError as error:
        raise PydanticCustomError("email_address", "This is not an e-mail address that can be sent to.") from error


EmailAddress = Annotated[
    str, AfterValidator(_checked), WithJsonSchema({"type": "string", "format": "email", "maxLength": LONGEST})
]
"""One e-mail address in an input schema; nobody is asked whether the mailbox is there."""
