"""Mail as files."""

import asyncio
from email import message_from_bytes
from email.policy import default

import pytest

from app.communications.adapters.eml import EmlMailer
from tests.factories.mail import SENDER, outgoing
from tests.fakes.clock import MovingClock


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "home" / "outbox"


@pytest.fixture(params=[False, True], ids=["quick", "durable"])
def mailer(request, outbox):
    return EmlMailer(outbox, sender=SENDER, clock=MovingClock(), is_durable=request.param)


async def test_each_message_is_one_file_named_by_its_delivery(mailer, outbox, outcomes_of):
    batch = [outgoing(number) for number in range(20)]
    outcomes = await outcomes_of(mailer, batch)
    assert [(outcome.delivery_id, outcome.state) for outcome in outcomes] == [(m.delivery_id, "sent") for m in batch]
    assert sorted(file.name for file in outbox.iterdir()) == sorted(f"{message.delivery_id}.eml" for message in batch)
    parsed = message_from_bytes((outbox / f"{batch[0].delivery_id}.eml").read_bytes(), policy=default)
    assert (parsed["To"], parsed["Subject"]) == (f"Ann Example <{batch[0].to}>", batch[0].subject)


async def test_same_delivery_again_changes_nothing(mailer, outbox, outcomes_of):
    message = outgoing()
    await outcomes_of(mailer, [message])
    (file,) = outbox.iterdir()
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    outcomes = await outcomes_of(mailer, [message, message])
    assert [outcome.state for outcome in outcomes] == ["sent", "sent"]
    assert [(each.read_bytes(), each.stat().st_mtime_ns) for each in outbox.iterdir()] == [before]


async def test_two_writers_of_one_delivery_leave_one_whole_file(mailer, outbox, outcomes_of):
    message = outgoing(text="word " * 5000)
    await asyncio.gather(*(outcomes_of(mailer, [message]) for _ in range(8)))
    (file,) = outbox.iterdir()
    assert message_from_bytes(file.read_bytes(), policy=default).get_content().count("word") == 5000


async def test_mail_is_readable_by_its_owner_only(mailer, outbox, outcomes_of):
    await outcomes_of(mailer, [outgoing()])
    (file,) = outbox.iterdir()
    assert (outbox.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


async def test_outbox_that_cannot_be_written_to_is_a_failure_that_passes(mailer, outbox, outcomes_of):
    outbox.parent.mkdir()
    outbox.write_text("in the way")
    (outcome,) = await outcomes_of(mailer, [outgoing()])
    assert outcome.state == "failed_temporary"
    outbox.unlink()
    (outcome,) = await outcomes_of(mailer, [outgoing()])
    assert outcome.state == "sent"


async def test_message_that_cannot_be_built_leaves_no_file(mailer, outbox, outcomes_of):
    (outcome,) = await outcomes_of(mailer, [outgoing(to="nobody")])
    assert outcome.state == "failed_permanent"
    assert not outbox.exists()
