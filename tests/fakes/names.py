"""A name server that knows the names it was given, and reads numbers as the C library does."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class NameServer:
    """A name of several answers gives the next at each look-up, and the last from then on: rebinding."""

    known: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.known.get(host.rstrip("."))
        if answers is not None:
            return answers[min(self.asked.count(host), len(answers)) - 1]
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]
