"""A page of 50 practices, one practice, an unchanged list: the whole product path against a bare ASGI program."""

from collections import defaultdict

import httpx

from benchmarks.place import Figure, Place, calls, compare, get

ROUNDS, COUNT = 5, 800


async def measure(place: Place) -> list[Figure]:
    place.settings["BENCH_TENANT"] = str(place.tenants[0])
    ours, simplest = await place.serve("app.cli", "api"), await place.serve("benchmarks.simplest")
    page, one = get("/v1/practices", place.key), get("/v1/practices/ZB0042", place.key)
    authorization = {"Authorization": f"Bearer {place.key}"}
    async with httpx.AsyncClient(base_url=f"http://{ours.address}", headers=authorization) as client:
        tag = (await client.get("/v1/practices")).raise_for_status().headers["ETag"]
    unchanged = get("/v1/practices", place.key, more=f"If-None-Match: {tag}\r\n")
    taken, own = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for _ in range(ROUNDS):
        for name, server, request in (
            ("page", ours, page), ("page, simplest", simplest, page), ("one", ours, one), ("one, simplest", simplest, one),
            ("unchanged", ours, unchanged),
        ):  # fmt: skip
            before = server.own()
            taken[name].append(await calls(server.address, request, count=COUNT))
            own[name].append((server.own() - before) / COUNT)
    pairs = [
        ("page of 50 practices", "page", "page, simplest"),
        ("one practice", "one", "one, simplest"),
        ("unchanged list (304) / our page", "unchanged", "page"),
    ]
    return [
        figure
        for name, first, second in pairs
        for figure in (
            compare(name, taken[first], taken[second], "ms"),
            compare("  its server's processor time", own[first], own[second], "ms"),
        )
    ]
