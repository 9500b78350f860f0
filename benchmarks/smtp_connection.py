"""Messages a second through the mailer, against the library's own loop over one connection, in one run.

Run: python -m benchmarks.smtp_connection [messages]. The sink is another process, so that it takes no time from
either. Rounds alternate, and the median of the ratios is what counts: machines have moods.
"""

import asyncio
import json
import multiprocessing
import os
import smtplib
import socket
import statistics
import sys
import time
from contextlib import aclosing
from multiprocessing.connection import Connection
from uuid import UUID

from app.communications.adapters.mime import MessageBuilder
from app.communications.adapters.smtp import SmtpMailer
from app.communications.adapters.smtp_server import SmtpServer
from app.communications.ports import Outgoing
from app.core.clock import SystemClock
from app.core.ids import new_id

ROUNDS = 7
SENDER = "Plenary <no-reply@plenary.example>"
TEXT = "The afternoon of 10 June is protected; cover is paid at £250.00 a session.\n" * 14


def serve(ready: Connection, *, pipelining: bool) -> None:
    """Takes everything and answers as little as it may, one connection after another."""
    server = socket.create_server(("127.0.0.1", 0))
    ready.send(server.getsockname()[1])
    extensions = b"250-sink\r\n250-PIPELINING\r\n250 OK\r\n" if pipelining else b"250 sink\r\n"
    while True:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            converse(connection, extensions)


def converse(connection: socket.socket, extensions: bytes) -> None:
    connection.sendall(b"220 sink\r\n")
    waiting, in_body = b"", False
    while received := connection.recv(65536):
        waiting += received
        answers = []
        while True:
            line, end, rest = waiting.partition(b"\r\n.\r\n" if in_body else b"\r\n")
            if not end:
                break
            waiting = rest
            if in_body:
                in_body = False
                answers.append(b"250 OK\r\n")
            elif line[:4].upper() == b"DATA":
                in_body = True
                answers.append(b"354 Go on\r\n")
            else:
                answers.append({b"EHLO": extensions, b"QUIT": b"221 Bye\r\n"}.get(line[:4].upper(), b"250 OK\r\n"))
        if answers:
            connection.sendall(b"".join(answers))


def batch(size: int) -> list[Outgoing]:
    return [message(number, new_id()) for number in range(size)]


def message(number: int, delivery_id: UUID) -> Outgoing:
    return Outgoing(
        delivery_id=delivery_id,
        message_id=f"<{delivery_id}@plenary.example>",
        to=f"person{number}@practice.example",
        to_name=f"Person {number}",
        subject="Protected learning time in June",
        text=f"Dear person {number},\n\n{TEXT}",
        html=f"<p>Dear person {number},</p><p>{TEXT}</p>",
        headers={"List-Unsubscribe": f"<https://plenary.example/u/{delivery_id}>", "Auto-Submitted": "auto-generated"},
    )


def bare_loop(port: int, messages: list[Outgoing]) -> float:
    """The floor: bytes that are ready before the clock starts, and nothing recorded."""
    builder = MessageBuilder(SENDER, clock=SystemClock())
    ready = [(one.to, builder.build(one)) for one in messages]
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench") as connection:
        for to, raw in ready:
            connection.sendmail(builder.address, to, raw)
    return len(messages) / (time.perf_counter() - started)


def through_mailer(port: int, messages: list[Outgoing]) -> float:
    async def send() -> float:
        mailer = SmtpMailer(SmtpServer.from_url(f"smtp://127.0.0.1:{port}"), sender=SENDER, clock=SystemClock())
        started = time.perf_counter()
        async with aclosing(mailer.send(messages)) as outcomes:
            states = [outcome.state async for outcome in outcomes]
        assert states == ["sent"] * len(messages)
        return len(messages) / (time.perf_counter() - started)

    return asyncio.run(send())


def measure(size: int, *, pipelining: bool) -> dict[str, float]:
    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=serve, args=(theirs,), kwargs={"pipelining": pipelining}, daemon=True)
    sink.start()
    port = ours.recv()
    rates = [(bare_loop(port, batch(size)), through_mailer(port, batch(size))) for _ in range(ROUNDS)]
    sink.terminate()
    return {
        "bare_loop_per_second": round(statistics.median(bare for bare, _ in rates)),
        "mailer_per_second": round(statistics.median(mailer for _, mailer in rates)),
        "ratio": round(statistics.median(mailer / bare for bare, mailer in rates), 2),
    }


def building(size: int) -> int:
    builder, messages = MessageBuilder(SENDER, clock=SystemClock()), batch(size)
    started = time.process_time()
    for one in messages:
        builder.build(one)
    return round(size / (time.process_time() - started))


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(
        json.dumps(
            {
                "benchmark": "smtp_connection",
                "messages": size,
                "processors": os.cpu_count(),
                "built_per_cpu_second": building(size),
                "step_by_step": measure(size, pipelining=False),
                "pipelined": measure(size, pipelining=True),
            }
        )
    )


if __name__ == "__main__":
    main()
