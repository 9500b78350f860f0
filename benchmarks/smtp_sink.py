"""A mail server that takes everything and answers as little as it may: another process, so that it takes no time from
either side.
"""

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection


@contextmanager
def sink(*, pipelining: bool) -> Iterator[int]:
    """Its port, for as long as the block runs."""
    # A process of its own making: a copy of this one would keep its connections to the database.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), kwargs={"pipelining": pipelining}, daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(ready: Connection, *, pipelining: bool) -> None:
    """One connection after another."""
    server = socket.create_server(("127.0.0.1", 0))
    ready.send(server.getsockname()[1])
    extensions = b"250-sink\r\n250-PIPELINING\r\n250 OK\r\n" if pipelining else b"250 sink\r\n"
    while True:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _converse(connection, extensions)


def _converse(connection: socket.socket, extensions: bytes) -> None:
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
