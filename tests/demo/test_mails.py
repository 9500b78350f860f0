"""What the demo's mailbox is asked, read from the files that mails are written to."""

from pathlib import Path

from app.communications.adapters.eml import EmlMailer
from app.demo.mails import mailbox_lines
from tests.factories.mail import SENDER, outgoing
from tests.fakes.clock import MovingClock

MAILBOX = "reception.zz0112@example.org"
LINK = "https://plenary.example/a/AaIsvwxncsyXUCqiUWeErQ"


async def test_mails_to_the_mailbox_that_are_answered_by_a_link_are_listed_in_order(tmp_path: Path) -> None:
    asked = [f"Answer for your practice:\n{LINK}-{number}\n\n{'No room for more. ' * 20}" for number in range(2)]
    offer = outgoing(to=MAILBOX, subject="Offer: Evenings", text=asked[0])
    issue = outgoing(to=MAILBOX, subject="Issue: Carers", text=asked[1])
    others = [outgoing(to=MAILBOX, text="Signed up."), outgoing(text=f"Ask {MAILBOX}:\n{LINK}")]
    mailer = EmlMailer(tmp_path, sender=SENDER, clock=MovingClock())
    assert len([outcome async for outcome in mailer.send([issue, *others, offer])]) == 4
    _, _, *listed = mailbox_lines(tmp_path)
    assert listed == [
        f"\nOffer: Evenings\n  mail: {tmp_path / str(offer.delivery_id)}.eml\n  link: {LINK}-0",
        f"\nIssue: Carers\n  mail: {tmp_path / str(issue.delivery_id)}.eml\n  link: {LINK}-1",
    ]


def test_where_no_mail_was_written_to_files_it_says_so(tmp_path: Path) -> None:
    [said] = mailbox_lines(tmp_path / "outbox")
    assert said.startswith(f"No mail in {tmp_path / 'outbox'} asks {MAILBOX} anything.")
