"""A page of 50 practices, one practice, an unchanged list: the whole product path against a bare ASGI program."""

import httpx

from benchmarks.place import Figure, Place, calls, compare, get

ROUNDS, COUNT = 5, 800


async def measure(place: Place) -> list[Figure]:
    place.settings["BENCH_TENANT"] = str(place.tenants[0])
    ours, simplest = await place.serve("app.cli", "api"), await place.serve("benchmarks.simplest")
    page, one = get("/v1/practices", place.key), get("/v1/practices/ZB0042", place.key)
    async with httpx.AsyncClient(base_url=f"http://{ours}", headers={"Authorization": f"Bearer {place.key}"}) as client:
        tag = (await client.get("/v1/practices")).raise_for_status().headers["ETag"]
    unchanged = get("/v1/practices", place.key, more=f"If-None-Match: {tag}\r\n")
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, address, request in (
            ("page", ours, page), ("page, simplest", simplest, page), ("one", ours, one), ("one, simplest", simplest, one),
            ("unchanged", ours, unchanged),
        ):  # fmt: skip
            taken.setdefault(name, []).append(await calls(address, request, count=COUNT))
    return [
        compare("page of 50 practices", taken["page"], taken["page, simplest"], "ms"),
        compare("one practice", taken["one"], taken["one, simplest"], "ms"),
        compare("unchanged list (304) / our page", taken["unchanged"], taken["page"], "ms"),
    ]
