"""What a storm's checks find wrong: of a small town in which all is right, one thing at a time is not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from app.storm.accepted import Accepted, Announced, Endpoint, Paid
from app.storm.checks import check
from app.storm.receivers import Heard
from app.storm.seen import Seen
from app.storm.town import DOMAIN, Person, Town

TOWN = Town(0)
PRACTICE = TOWN.practices[0]
MANAGER = TOWN.manager(PRACTICE).name
LEAD = f"Lead of {PRACTICE}"


@dataclass
class Kept:
    """What was accepted and what there is of it."""

    accepted: Accepted
    seen: Seen

    def delivery(self, number: int = 0) -> dict[str, Any]:
        return self.seen.deliveries["notice"][number]

    def mail(self, number: int = 0) -> str:
        return f"<{self.delivery(number)['id']}@{DOMAIN}>"


def _delivery(number: int, name: str) -> dict[str, Any]:
    return {
        "id": f"d{number}", "name": name, "practice": PRACTICE, "is_mailbox": False, "channel": "email", "state": "sent",
        "in_doubt": False, "detail": None, "acknowledged_at": "2027-01-01T10:00:00Z" if name == MANAGER else None,
    }  # fmt: skip


def _message(source: str, source_id: str, **members: Any) -> dict[str, Any]:
    return {"source": source, "source_id": source_id, "must_acknowledge_by": None, "acknowledged_at": None} | members


@pytest.fixture
def kept() -> Kept:
    amounts = TOWN.quarter()
    deliveries = [_delivery(0, MANAGER), _delivery(1, LEAD)]
    known = _message("announcement", "notice", must_acknowledge_by="2027-01-08", acknowledged_at="2027-01-01T10:00:00Z")
    changes = [(7, "practice", "ZZ"), (8, "announcement", "notice")]
    accepted = Accepted(
        announced=[Announced("notice", frozenset({MANAGER, LEAD}), in_inbox=True, must_acknowledge=True)],
        acknowledged={("notice", MANAGER)},
        offers={("scheme", PRACTICE): "offer"},
        answers={},
        paid=[Paid("run", "paying", 0, amounts)],
        issues={"issue": (PRACTICE,)},
        responses={("issue", PRACTICE)},
        endpoints=[Endpoint("endpoint", "/hook", "cursor")],
    )
    seen = Seen(
        deliveries={"notice": deliveries},
        every=deliveries,
        mails=Counter({f"<d0@{DOMAIN}>": 1, f"<d1@{DOMAIN}>": 1}),
        inboxes={
            MANAGER: [known, _message("offer", "scheme"), _message("issue", "issue"), _message("statement", "run")]
        },
        offers={"offer": "offered"},
        runs={"run": {"state": "released", "total": str(sum(amounts.values(), Decimal(0)))}},
        statements={code: [("run", amounts[code])] for code in TOWN.practices},
        responses=Counter({("issue", PRACTICE): 1}),
        changes={"endpoint": changes},
        heard={
            "endpoint": Heard(Counter({"evt_7": 3, "evt_8": 1}), {"evt_7": (changes[0], 1), "evt_8": (changes[1], 1)})
        },
    )
    return Kept(accepted, seen)


def test_nothing_is_wrong_where_all_is_right(kept: Kept) -> None:
    tally = check(TOWN, kept.accepted, kept.seen)
    assert (tally.problems, tally.lost, tally.doubled, tally.copies, tally.in_doubt) == ([], 0, 0, 0, 0)
    assert (tally.mails, tally.hooks) == (2, 2)


def test_a_mail_that_arrived_twice_is_a_copy_where_the_service_lists_it_as_in_doubt(kept: Kept) -> None:
    kept.seen.mails[kept.mail()] = 2
    kept.delivery()["in_doubt"] = True
    tally = check(TOWN, kept.accepted, kept.seen)
    assert (tally.problems, tally.copies, tally.in_doubt) == ([], 1, 1)


LOSSES: dict[str, Callable[[Kept], object]] = {
    "a recipient": lambda kept: kept.seen.deliveries["notice"].pop(),
    "a mail": lambda kept: kept.seen.mails.pop(kept.mail()),
    "a mail that was given up": lambda kept: kept.delivery().update(state="parked"),
    "a message in an inbox": lambda kept: kept.seen.inboxes[MANAGER].pop(0),
    "a notice": lambda kept: kept.seen.inboxes[MANAGER].pop(),
    "an acknowledgement": lambda kept: kept.delivery().update(acknowledged_at=None),
    "an unread duty": lambda kept: kept.accepted.acknowledged.clear(),
    "an offer": lambda kept: kept.seen.offers.clear(),
    "an answer": lambda kept: kept.accepted.answers.update(offer="accepted"),
    "a response": lambda kept: kept.seen.responses.clear(),
    "a run": lambda kept: kept.seen.runs["run"].update(state="approved"),
    "a statement": lambda kept: kept.seen.statements[PRACTICE].clear(),
    "a change": lambda kept: kept.seen.heard["endpoint"].changes.pop("evt_8"),
}
DOUBLES: dict[str, Callable[[Kept], object]] = {
    "a recipient": lambda kept: kept.seen.deliveries["notice"].append(_delivery(2, LEAD)),
    "a stranger": lambda kept: kept.seen.deliveries["notice"].append(_delivery(2, "Staff 1")),
    "a mail of which nobody says so": lambda kept: kept.seen.mails.update({kept.mail(): 1}),
    "a mail that was held back": lambda kept: kept.delivery().update(state="held"),
    "a message in an inbox": lambda kept: kept.seen.inboxes[MANAGER].append(kept.seen.inboxes[MANAGER][0]),
    "a notice": lambda kept: kept.seen.inboxes[MANAGER].append(_message("statement", "run")),
    "a response": lambda kept: kept.seen.responses.update({("issue", PRACTICE): 1}),
    "a run": lambda kept: kept.seen.runs.update(again={"state": "released", "total": "0.00"}),
    "a statement": lambda kept: kept.seen.statements[PRACTICE].append(("run", Decimal("1.00"))),
    "a change": lambda kept: kept.seen.heard["endpoint"].changes.update(evt_9=((8, "announcement", "notice"), 1)),
}


@pytest.mark.parametrize("spoil", LOSSES.values(), ids=LOSSES)
def test_what_is_missing_is_lost(kept: Kept, spoil: Callable[[Kept], object]) -> None:
    spoil(kept)
    tally = check(TOWN, kept.accepted, kept.seen)
    assert tally.lost >= 1
    assert tally.problems


@pytest.mark.parametrize("spoil", DOUBLES.values(), ids=DOUBLES)
def test_what_is_there_once_too_often_is_doubled(kept: Kept, spoil: Callable[[Kept], object]) -> None:
    spoil(kept)
    tally = check(TOWN, kept.accepted, kept.seen)
    assert tally.doubled >= 1
    assert tally.problems


def test_a_penny_too_much_in_the_ledger_is_found(kept: Kept) -> None:
    total = Decimal(kept.seen.runs["run"]["total"])
    kept.seen.runs["run"]["total"] = str(total + Decimal("0.01"))
    tally = check(TOWN, kept.accepted, kept.seen)
    assert tally.problems == [f"The ledger has {total} and its runs {total + Decimal('0.01')}, and {total} are due."]


def test_of_an_offer_that_was_answered_first_nobody_needs_to_be_told(kept: Kept) -> None:
    kept.accepted.answers["offer"] = kept.seen.offers["offer"] = "declined"
    kept.seen.inboxes[MANAGER] = [each for each in kept.seen.inboxes[MANAGER] if each["source"] != "offer"]
    assert check(TOWN, kept.accepted, kept.seen).problems == []


def test_a_practice_with_nobody_in_the_roles_is_reached_by_its_mailbox() -> None:
    empty = TOWN.practices[-1]
    assert TOWN.recipients(["staff"], [empty], by_mail=True) == {f"mailbox of {empty}"}
    assert TOWN.recipients(["staff"], [empty], by_mail=False) == frozenset()
    assert TOWN.recipients(["named_lead"], [PRACTICE], by_mail=True) == {Person(LEAD, PRACTICE, "named_lead").name}
