"""A receiver of webhooks in a process of its own: answers 204 at once, and under `/slow` after as long as it was told."""

import asyncio
import os

SECONDS = float(os.environ.get("BENCH_SLOW", "5"))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            if b" /slow " in head:
                await asyncio.sleep(SECONDS)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def main() -> None:
    # All of 127.0.0.0/8 is this machine, so that each endpoint can be a host of its own.
    server = await asyncio.start_server(serve, "0.0.0.0", int(os.environ["BENCH_PORT"]), backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
