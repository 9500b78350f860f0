"""`make bench`: each figure is a ratio in one run against the simplest program doing the same bytes of work.

Prints one line per figure and writes them to `benchmarks/figures.json` (ignored by git). Names on the command line run
only those: `python -m benchmarks reads payments`.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks import deliveries, fan_out, feed, payments, reads, webhooks
from benchmarks.place import Figure, Place, admin_url, opened

PARTS: dict[str, Callable[[Place], Awaitable[list[Figure]]]] = {
    "reads": reads.measure,
    "feed": feed.measure,
    "payments": payments.measure,
    "deliveries": deliveries.measure,
    "fan_out": fan_out.measure,
    "webhooks": webhooks.measure,
}


async def run(names: list[str], admin: str) -> None:
    figures: list[Figure] = []
    async with opened(admin) as place:
        for name in names or list(PARTS):
            for figure in await PARTS[name](place):
                figures.append(figure)
                print(figure.line(), flush=True)
    target = Path(__file__).parent / "figures.json"
    target.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    print(f"written to {target}")


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with admin_url() as admin:
        asyncio.run(run(sys.argv[1:], admin))
