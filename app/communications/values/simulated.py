"""Which address makes a simulated provider do what (docs/channels.md)."""

import re
from enum import StrEnum
from typing import Final


class Behaviour(StrEnum):
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    THROTTLED = "throttled"
    SLOW = "slow"
    LOST = "lost"
    GARBAGE = "garbage"


_ADDRESS: Final = re.compile(r"simulate-([a-z]+)(?:[+.-][^@]*)?@.+", re.IGNORECASE)
# Ofcom keeps these numbers free for drama: nobody has them.
_NUMBERS: Final = {f"+44770090000{n}": behaviour for n, behaviour in enumerate(Behaviour)}


def of_address(address: str) -> Behaviour:
    """`simulate-bounced@anything.example` bounces; whatever names no behaviour is delivered."""
    match = _ADDRESS.fullmatch(address)
    return _named(match[1]) if match else Behaviour.DELIVERED


def of_number(number: str) -> Behaviour:
    """07700 900000 to 900005, in the order of the behaviours; any other number is delivered to."""
    return _NUMBERS.get(number, Behaviour.DELIVERED)


def of_path(path: str) -> Behaviour:
    """The last part of a path, as far as its first dash: `/teams/bounced-office`."""
    return _named(path.rstrip("/").rpartition("/")[2].partition("-")[0])


def _named(name: str) -> Behaviour:
    try:
        return Behaviour(name.lower())
    except ValueError:
        return Behaviour.DELIVERED
