"""The simplest server for the same bytes: bare ASGI, asyncpg rows, msgspec. No access, no tenants, no contract."""

import os

import asyncpg
import msgspec
import uvicorn

PAGE = """SELECT code, name, status, address::text, postcode, commissioner_code, commissioner_name, registered::text,
weighted::text, list_as_at, profile::text FROM published.practice WHERE commissioner_id = $1 ORDER BY code LIMIT 50"""
ONE = PAGE.replace("ORDER BY code LIMIT 50", "AND code = $2")
pool: asyncpg.Pool | None = None


def shape(row: asyncpg.Record) -> dict:
    return {
        "code": row["code"], "name": row["name"], "status": row["status"], "address": msgspec.Raw(row["address"].encode()),
        "telephone": None, "opened_on": None, "closed_on": None,
        "commissioner": {"code": row["commissioner_code"], "name": row["commissioner_name"]}, "locality": None,
        "network": None,
        "list_size": {"registered": row["registered"], "weighted": row["weighted"], "as_at": row["list_as_at"]},
        "profile": msgspec.Raw(row["profile"].encode()), "named_lead": None, "successor": None,
    }  # fmt: skip


async def app(scope, receive, send) -> None:
    global pool  # noqa: PLW0603 - the simplest program has one pool
    if scope["type"] != "http":
        return
    if pool is None:
        pool = await asyncpg.create_pool(os.environ["PLENARY_READER_URL"], min_size=1, max_size=10)
    tenant, path = os.environ["BENCH_TENANT"], scope["path"]
    if path.endswith("/practices"):
        body = msgspec.json.encode({"data": [shape(row) for row in await pool.fetch(PAGE, tenant)], "next_cursor": "x"})
    else:
        row = await pool.fetchrow(ONE, tenant, path.rpartition("/")[2])
        body = msgspec.json.encode(shape(row))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["BENCH_PORT"]), lifespan="off", access_log=False, log_level="error")
