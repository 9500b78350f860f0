"""Every kind of message that is written without anybody writing it, with the fields it is made from."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from app.communications.rules.kinds.announcing import ANNOUNCING
from app.communications.rules.kinds.claiming import CLAIMING
from app.communications.rules.kinds.consulting import CONSULTING
from app.communications.rules.kinds.fields import COMMISSIONER
from app.communications.rules.kinds.joining import JOINING
from app.communications.rules.kinds.linking import LINKING
from app.communications.rules.kinds.listening import LISTENING
from app.communications.rules.kinds.paying import PAYING
from app.communications.rules.kinds.querying import QUERYING
from app.communications.rules.kinds.raising import RAISING
from app.communications.values import TemplateKind

KINDS: Final[Mapping[str, TemplateKind]] = MappingProxyType(
    {
        kind.key: replace(kind, fields=(*kind.fields, COMMISSIONER))
        for kind in (*JOINING, *CLAIMING, *CONSULTING, *PAYING, *QUERYING, *RAISING, *ANNOUNCING, *LINKING, *LISTENING)
    }
)
