"""What must hold when the dust has settled: pure, of what was accepted and of what there is."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from app.storm.accepted import Accepted
from app.storm.seen import ENDED, Seen, who
from app.storm.town import DOMAIN, Town

NOTICES: Final = ("offer", "issue", "statement")


@dataclass(slots=True)
class Tally:
    """`in_doubt` are the deliveries that the service itself lists as such; `copies` what arrived more often than once.
    `mails` and `hooks` that arrived are counted once.
    """

    lost: int = 0
    doubled: int = 0
    in_doubt: int = 0
    copies: int = 0
    mails: int = 0
    hooks: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.lost += other.lost
        self.doubled += other.doubled
        self.in_doubt += other.in_doubt
        self.copies += other.copies
        self.mails += other.mails
        self.hooks += other.hooks
        self.problems += other.problems

    def lose(self, words: str) -> None:
        self.lost += 1
        self.problems.append(words)

    def double(self, words: str) -> None:
        self.doubled += 1
        self.problems.append(words)

    def once(
        self, what: str, found: Iterable[Hashable], due: Iterable[Hashable], *, but: Iterable[Hashable] = ()
    ) -> None:
        """Each that is due is there, and none more often; one of `but` may be missing."""
        counted, wanted = Counter(found), set(due)
        for each in sorted(wanted - counted.keys() - set(but), key=str):
            self.lose(f"{what}: {each} is missing.")
        for each, number in sorted(counted.items(), key=str):
            if number > 1:
                self.double(f"{what}: {each} is there {number} times.")
            if each not in wanted:
                self.double(f"{what}: {each} is there, and nobody asked for it.")


def check(town: Town, accepted: Accepted, seen: Seen) -> Tally:
    tally = Tally()
    _check_recipients(tally, accepted, seen)
    _check_mails(tally, accepted, seen)
    _check_notices(tally, town, accepted, seen)
    _check_duties(tally, accepted, seen)
    _check_answers(tally, accepted, seen)
    _check_ledger(tally, town, accepted, seen)
    _check_webhooks(tally, accepted, seen)
    for job in seen.jobs:
        tally.problems.append(f"Job {job['kind']} is {job['state']} after {job['attempts']} tries: {job['last_error']}")
    tally.problems += [f"Endpoint {each} is disabled: {why}" for each, why in seen.disabled.items()]
    return tally


def _check_recipients(tally: Tally, accepted: Accepted, seen: Seen) -> None:
    for each in accepted.announced:
        tally.once(f"Announcement {each.id}", map(who, seen.deliveries[each.id]), each.recipients)
        if each.in_inbox:
            for name, messages in seen.inboxes.items():
                found = [message["source_id"] for message in messages if message["source_id"] == each.id]
                tally.once(f"Inbox of {name}", found, [each.id] if name in each.recipients else [])


def _check_mails(tally: Tally, accepted: Accepted, seen: Seen) -> None:
    """A copy is the same Message-ID once more; only what the service lists as in doubt may have one. Withdrawn is what
    asked for an offer that was answered while it waited.
    """
    answered = {practice for (_, practice), offer in accepted.offers.items() if offer in accepted.answers}
    mailed, doubted = dict[str, str](), set[str]()
    for each in seen.every:
        message_id = f"<{each['id']}@{DOMAIN}>"
        mailed[message_id] = each["state"]
        if each["in_doubt"]:
            doubted.add(message_id)
        is_gone = each["channel"] == "email" and each["state"] in ("sent", "in_doubt")
        if is_gone and message_id not in seen.mails:
            tally.lose(f"Mail {message_id} is {each['state']} and never arrived.")
        elif each["state"] == "withdrawn" and each["practice"] in answered:
            continue
        elif not is_gone and each["state"] not in ENDED:
            tally.lose(f"Delivery {each['id']} is still {each['state']}: {each['detail']}.")
    tally.in_doubt = len(doubted)
    for message_id, number in seen.mails.items():
        if message_id not in mailed:
            continue
        tally.mails += 1
        tally.copies += number - 1
        if number > 1 and message_id not in doubted:
            tally.double(f"Mail {message_id} arrived {number} times and is not listed as in doubt.")
        if mailed[message_id] not in ("sent", "in_doubt") and message_id not in doubted:
            tally.double(f"Mail {message_id} arrived and is {mailed[message_id]}.")


def _check_notices(tally: Tally, town: Town, accepted: Accepted, seen: Seen) -> None:
    """Managers have, of what concerns their practice, one notice each in their inbox. Of an offer that was answered before
    its notice was written nobody is told.
    """
    for name, messages in seen.inboxes.items():
        person = next(each for each in town.people if each.name == name)
        if person.role != "practice_manager":
            continue
        due = {("offer", scheme) for scheme, practice in accepted.offers if practice == person.practice}
        due |= {("issue", issue) for issue, asked in accepted.issues.items() if person.practice in asked}
        due |= {("statement", each.run) for each in accepted.paid if each.amounts[person.practice]}
        answered = {
            ("offer", scheme)
            for (scheme, practice), offer in accepted.offers.items()
            if practice == person.practice and offer in accepted.answers
        }
        found = [(each["source"], each["source_id"]) for each in messages if each["source"] in NOTICES]
        tally.once(f"Notices to {name}", found, due, but=answered)


def _check_duties(tally: Tally, accepted: Accepted, seen: Seen) -> None:
    """Who has to acknowledge has done so or is among those who have yet to, in the office's list and in their own."""
    for each in accepted.announced:
        if not each.must_acknowledge:
            continue
        done = {name for announcement, name in accepted.acknowledged if announcement == each.id}
        listed = {who(row) for row in seen.deliveries[each.id] if row["acknowledged_at"]}
        for name in sorted(listed ^ done):
            tally.lose(f"Announcement {each.id}: that {name} acknowledged is {'known' if name in listed else 'lost'}.")
        for name, messages in seen.inboxes.items():
            waits = {row["source_id"] for row in messages if row["must_acknowledge_by"] and not row["acknowledged_at"]}
            if name in each.recipients and (each.id in waits) == (name in done):
                tally.lose(f"Announcement {each.id} {'waits' if each.id in waits else 'does not wait'} for {name}.")


def _check_answers(tally: Tally, accepted: Accepted, seen: Seen) -> None:
    due = {offer: accepted.answers.get(offer, "offered") for offer in accepted.offers.values()}
    tally.once("Offers", seen.offers.items(), due.items())
    tally.once("Responses", seen.responses.elements(), accepted.responses)


def _check_ledger(tally: Tally, town: Town, accepted: Accepted, seen: Seen) -> None:
    """Every quarter of a scheme was paid once, by the line and in the sum."""
    released = {run for run, each in seen.runs.items() if each["state"] == "released"}
    tally.once("Released runs", released, [each.run for each in accepted.paid])
    for code in town.practices:
        due = [(each.run, each.amounts[code]) for each in accepted.paid]
        tally.once(f"Statements of {code}", [each for each in seen.statements[code] if each[0] in released], due)
    total = sum((amount for rows in seen.statements.values() for run, amount in rows if run in released), Decimal(0))
    due_total = sum((amount for each in accepted.paid for amount in each.amounts.values()), Decimal(0))
    by_run = sum((Decimal(seen.runs[run]["total"]) for run in released), Decimal(0))
    if not total == due_total == by_run:
        tally.problems.append(f"The ledger has {total} and its runs {by_run}, and {due_total} are due.")


def _check_webhooks(tally: Tally, accepted: Accepted, seen: Seen) -> None:
    """Each change arrived under one `webhook-id`; a receiver that knows those it had takes none twice."""
    for each in accepted.endpoints:
        heard = seen.heard[each.id]
        told = {change for change, _ in heard.changes.values()}
        tally.hooks += len(heard.copies)
        for change in sorted(set(seen.changes[each.id]) - told):
            tally.lose(f"Endpoint {each.path} never heard of {change}.")
        places = Counter((change[0], position) for change, position in heard.changes.values())
        for place, number in places.items():
            if number > 1:
                tally.double(f"Endpoint {each.path} heard of {place} under {number} names.")
