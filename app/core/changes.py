"""Whom the change feed tells of what: marks on each event, and the marks of whoever reads."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.core.db import Tx
from app.core.principal import Principal

Marks = frozenset[str]
Seen = Mapping[str, Marks | None]
"""Of each kind that a caller may read, whose changes they are told of. None: of all."""


def practice_marks(codes: Iterable[str], what: str = "practice") -> Marks:
    return frozenset(f"{what}:{code}" for code in codes)


def locality_marks(localities: Iterable[UUID | str], what: str = "locality") -> Marks:
    return frozenset(f"{what}:{locality}" for locality in localities)


@dataclass(frozen=True, slots=True)
class ChangeSights:
    """How each slice says which changes of a bounded kind a caller is told of: the same as what its own list shows."""

    of: Mapping[str, Callable[[Tx, Principal, datetime], Awaitable[Marks | None]]]


_UNSEEN: Final = "-"
_WHOLE: Final = "*"


def digests(kinds: Collection[str], seen: Seen) -> dict[str, str]:
    """What a cursor remembers of how far its reader could see, by kind."""
    return {kind: _digest(seen[kind]) if kind in seen else _UNSEEN for kind in kinds}


def _digest(marks: Marks | None) -> str:
    return _WHOLE if marks is None else hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:12]


def has_moved(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether the reader sees more or less than then. Then the feed alone no longer leads from what they hold to what they
    may hold: what came into sight was changed long ago, and what left it is not theirs to be told of.
    """
    return any(before[kind] != digest for kind, digest in now.items() if kind in before)
