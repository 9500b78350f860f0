"""The client that outlasts a storm."""

import asyncio

import httpx

from app.storm.ground import Enduring

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


async def test_an_answer_that_breaks_off_after_its_head_is_asked_for_again_under_the_same_key() -> None:
    bodies, keys = [b"", b"{}"], list[str]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        keys.extend(line for line in lines if line.lower().startswith("idempotency-key"))
        writer.write(HEAD + bodies.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(transport=Enduring(), base_url=f"http://127.0.0.1:{port}") as client:
        answered = await client.post("/")
    assert (answered.json(), len(keys), len(set(keys)), bodies) == ({}, 2, 1, [])
