import asyncio
import os

from app.embedded.journal import StreamJournal


async def written(journal: StreamJournal, *pieces: tuple[str, bytes]) -> None:
    for name, piece in pieces:
        descriptor = journal.open(name)
        os.write(descriptor, piece)
        os.close(descriptor)
    await asyncio.sleep(0.05)


async def test_every_line_carries_its_writer_whatever_the_pieces():
    reader, writer = os.pipe()
    journal = StreamJournal(writer)
    descriptor = journal.open("api")
    for piece in (b"one\nt", b"wo\nlast without an end"):
        os.write(descriptor, piece)
        await asyncio.sleep(0.05)
    os.close(descriptor)
    await written(journal, ("postgres", b"three\n"))
    journal.say("stopped")
    journal.close()
    os.close(writer)
    with os.fdopen(reader) as shown:
        assert shown.read().splitlines() == [
            "api      | one",
            "api      | two",
            "api      | last without an end",
            "postgres | three",
            "plenary  | stopped",
        ]


async def test_a_warning_about_what_we_do_not_use_is_left_out():
    reader, writer = os.pipe()
    journal = StreamJournal(writer)
    warning = (
        b"1:M 24 Nov 2026 22:12:41.956 # WARNING Memory overcommit must be enabled! Without it, a save may fail.\n"
    )
    await written(journal, ("valkey", warning + b"# Failed listening\n"))
    journal.close()
    os.close(writer)
    with os.fdopen(reader) as shown:
        assert shown.read() == "valkey   | # Failed listening\n"


async def test_what_is_still_in_the_pipes_is_shown_at_the_end():
    reader, writer = os.pipe()
    journal = StreamJournal(writer)
    descriptor = journal.open("worker")
    os.write(descriptor, b"late words")
    journal.close()
    os.close(descriptor)
    os.close(writer)
    with os.fdopen(reader) as shown:
        assert shown.read() == "worker   | late words\n"


async def test_children_write_on_when_the_reader_of_the_log_has_gone():
    reader, writer = os.pipe()
    journal = StreamJournal(writer)
    os.close(reader)
    descriptor = journal.open("api")
    os.write(descriptor, b"unheard\n")
    await asyncio.sleep(0.05)
    assert os.write(descriptor, b"still not an error\n") == 19
    await asyncio.sleep(0.05)
    os.close(descriptor)
    journal.close()
    os.close(writer)
