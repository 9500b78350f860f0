"""The spreadsheet a commissioner really has: managers, leads and shared mailboxes, one row for each post.

Who a row means: whoever has its address; else the one person of that name with a post in that practice; else somebody
new. Each row confirms its post. What a row leaves empty it does not say: nothing is taken back by an empty cell.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.privacy import holds_nhs_number, is_one_line, is_seen
from app.organisations import service as organisations
from app.organisations.values import ImportOutcome, PersonRow, RowError
from app.people import rules
from app.people.events import PersonChanged
from app.people.repository import PersonRepository, PostRepository
from app.people.service.creation import make_person
from app.people.service.leads import publish_leads
from app.people.service.mailboxes import set_mailboxes
from app.people.service.posts import announce, make_post, move_post
from app.people.tables import Person, Post
from app.people.values import AT_PRACTICES, NewPost, PostLevel, PostRole


class _Refused(Exception):
    def __init__(self, column: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.column, self.code, self.detail = column, code, detail


async def apply_people(
    session: Tx, rows: Sequence[PersonRow], *, numbers: Sequence[int], now: datetime
) -> ImportOutcome:
    """Write a spreadsheet's rows; the same rows again change nothing. A row that is refused never stops the others."""
    outcome = ImportOutcome()
    members = set(await organisations.list_member_codes(session, on=None))
    kept = [pair for pair in zip(numbers, rows, strict=True) if _is_fit(*pair, members, outcome)]
    people = [(number, row) for number, row in kept if row.name]
    sheet = await _Sheet.read(session, [row for _, row in people], now=now)
    for done, (number, row) in enumerate(sorted(people, key=_by_end)):
        if done % 100 == 0:
            # A long sheet must not keep the loop from renewing the job's lease.
            await asyncio.sleep(0)
        try:
            _count(outcome, sheet.apply(row))
        except _Refused as refused:
            outcome.errors.append(RowError(number, refused.column, refused.code, refused.detail))
    await _write_mailboxes(session, kept, sheet, outcome, now=now)
    # New persons before their posts, which refer to them.
    await session.flush()
    session.add_all(sheet.new_posts)
    await publish_leads(session, {row.practice for _, row in people}, today=sheet.today)
    outcome.errors.sort(key=lambda error: error.row)
    _warn(outcome, sheet)
    return outcome


def _by_end(pair: tuple[int, PersonRow]) -> tuple[bool, date, int]:
    """Whoever leaves before whoever comes, so that a lead's end makes room whichever row is first."""
    number, row = pair
    return row.valid_until is None, row.valid_from or date.max, number


def _is_fit(number: int, row: PersonRow, members: set[str], outcome: ImportOutcome) -> bool:
    if row.practice not in members:
        error = RowError(number, "practice_code", "people.not_a_member", "This is not a practice of this commissioner.")
    elif row.name and holds_nhs_number(row.name):
        error = RowError(number, "name", "privacy.nhs_number", "This seems to hold a patient's NHS number.")
    elif row.name and not is_one_line(row.name):
        error = RowError(number, "name", "people.not_one_line", "A name stands on one line.")
    elif row.name and not is_seen(row.name):
        error = RowError(number, "name", "people.blank_name", "A name has to be seen.")
    elif row.name and rules.read_role(row.role) not in AT_PRACTICES:
        known = ", ".join(AT_PRACTICES)
        error = RowError(number, "role", "people.unknown_role", f"This is no post at a practice. There are: {known}.")
    else:
        return True
    outcome.errors.append(error)
    return False


def _count(outcome: ImportOutcome, change: str) -> None:
    setattr(outcome, change, getattr(outcome, change) + 1)


@dataclass(slots=True)
class _Sheet:
    """What is known before the first row, and what the rows have made of it so far."""

    session: Tx
    now: datetime
    today: date
    shared: frozenset[str]
    named_leads: frozenset[tuple[str, str]]
    addresses: frozenset[str]
    several_names: frozenset[str]
    by_email: dict[str, Person] = field(default_factory=dict)
    by_id: dict[UUID, Person] = field(default_factory=dict)
    by_name: defaultdict[tuple[str, str], list[Person]] = field(default_factory=lambda: defaultdict(list))
    former: dict[str, UUID] = field(default_factory=dict)
    posts: defaultdict[tuple[str, PostRole], list[Post]] = field(default_factory=lambda: defaultdict(list))
    touched: set[UUID] = field(default_factory=set)
    new_posts: list[Post] = field(default_factory=list)
    shared_at: dict[str, str] = field(default_factory=dict)
    handed_over: int = 0
    renamed: int = 0

    @classmethod
    async def read(cls, session: Tx, rows: Sequence[PersonRow], *, now: datetime) -> "_Sheet":
        holders: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row.email:
                holders[address_key(row.email) or ""].add(rules.name_key(row.name or ""))
        leads = ((r.practice, rules.name_key(r.name or "")) for r in rows if _role(r) is PostRole.NAMED_LEAD)
        sheet = cls(
            session,
            now,
            london_date(now),
            shared=frozenset(email for email, names in holders.items() if not _one_person(names)),
            named_leads=frozenset(leads),
            addresses=frozenset(holders),
            several_names=frozenset(email for email, names in holders.items() if len(names) > 1),
        )
        await sheet._read_known({row.practice for row in rows})
        return sheet

    async def _read_known(self, practices: set[str]) -> None:
        posts = await PostRepository(self.session, self.session.tenant).lock_of_practices(practices)
        people = PersonRepository(self.session, self.session.tenant)
        for person in await people.list_known(email_keys=self.addresses, practices=practices):
            self.by_id[person.id] = person
            if person.email_key:
                self.by_email[person.email_key] = person
        for former in await people.list_former(email_keys=self.addresses):
            self.former[former.email_key] = former.person_id
        for post in posts:
            self._note_post(post)

    def _note_post(self, post: Post) -> None:
        self.posts[post.practice or "", PostRole(post.role)].append(post)
        person = self.by_id.get(post.person_id)
        if person is not None:
            namesakes = self.by_name[post.practice or "", person.name_key]
            if person not in namesakes:
                namesakes.append(person)

    def apply(self, row: PersonRow) -> str:
        """One row: "created", "updated" or "unchanged"."""
        role = _role(row)
        known = self._find_person(row)
        self._require_own_address(row, known)
        post = None if known is None else self._find_post(row, role, known)
        if post is None:
            self._require_period(row)
            if role is PostRole.NAMED_LEAD:
                self._hand_over(row)
            person = known or self._add_person(row)
            self._correct_person(person, row)
            self._add_post(row, role, person)
            return "created"
        assert known is not None
        changed = self._correct_post(post, row, role, known)
        changed = self._correct_person(known, row) or changed
        return "updated" if changed else "unchanged"

    def _find_person(self, row: PersonRow) -> Person | None:
        key, name = address_key(row.email), rules.name_key(row.name or "")
        holder = self.by_email.get(key) if key else None
        if holder is not None and rules.is_same_person(holder.name_key, name):
            return holder
        if holder is not None and key not in self.shared:
            raise _Refused("email", "people.email_of_another", "Somebody of another name is known with this address.")
        namesakes = self.by_name[row.practice, name]
        if key and key not in self.shared:
            # Two people of one name are told apart by their addresses, where the file has both.
            namesakes = [p for p in namesakes if p.email_key is None or p.email_key not in self.addresses]
        if len(namesakes) > 1:
            raise _Refused("name", "people.ambiguous_name", "More than one person of this name is known there.")
        return namesakes[0] if namesakes else None

    def _require_own_address(self, row: PersonRow, known: Person | None) -> None:
        key = address_key(self._own_address(row))
        owner = self.former.get(key) if key else None
        if owner is not None and (known is None or known.id != owner):
            raise _Refused("email", "people.former_address", "This address was that of somebody known by another now.")

    def _add_person(self, row: PersonRow) -> Person:
        email = self._own_address(row)
        person = make_person(self.session, name=row.name or "", email=email, now=self.now)
        self.by_id[person.id] = person
        self.touched.add(person.id)
        if person.email_key:
            self.by_email[person.email_key] = person
        return person

    def _own_address(self, row: PersonRow) -> str | None:
        """An address that several names share is the practice's, not a person's."""
        if row.email and address_key(row.email) in self.shared:
            self.shared_at.setdefault(row.practice, row.email)
            return None
        return row.email

    def _correct_person(self, person: Person, row: PersonRow) -> bool:
        email, name = self._own_address(row), (row.name or "").strip()
        changed = False
        if email and address_key(email) != person.email_key:
            self.by_email.pop(person.email_key or "", None)
            if person.email_key:
                self.former[person.email_key] = person.id
            person.email, person.email_key, person.bounced_at = email, address_key(email), None
            self.by_email[person.email_key or ""] = person
            changed = True
        if email and address_key(email) not in self.several_names and rules.name_key(name) != person.name_key:
            person.name, person.name_key = name, rules.name_key(name)
            self.renamed += 1
            changed = True
        if changed and person.id not in self.touched:
            self.touched.add(person.id)
            audit(self.session, "person.changed", person.id, by="import")
            emit(self.session, PersonChanged(subject=str(person.id)))
        return changed

    def _find_post(self, row: PersonRow, role: PostRole, person: Person) -> Post | None:
        held = [post for post in self.posts[row.practice, role] if post.person_id == person.id]
        if row.valid_from is None:
            return next((post for post in held if post.valid_until is None or post.valid_until > self.today), None)
        same = next((post for post in held if post.valid_from == row.valid_from), None)
        return same or next((post for post in held if _overlap(post, row.valid_from, row.valid_until)), None)

    def _require_period(self, row: PersonRow) -> None:
        if row.valid_from is None and row.valid_until is not None and row.valid_until <= self.today:
            raise _Refused("from", "imports.missing_value", "A post that has ended needs its first day.")

    def _hand_over(self, row: PersonRow) -> None:
        """A practice has one lead at a time: whoever the file no longer names as lead makes room for the new one."""
        start = row.valid_from or self.today
        leads = self.posts[row.practice, PostRole.NAMED_LEAD]
        in_the_way = [post for post in leads if _overlap(post, start, row.valid_until)]
        if any(post.valid_from >= start or self._is_named_lead(post) for post in in_the_way):
            raise _Refused("role", "people.lead_overlap", "The practice has another named lead at that time.")
        for post in in_the_way:
            move_post(self.session, post, valid_from=post.valid_from, valid_until=start, now=self.now)
            audit(self.session, "post.ended", post.id, on=start.isoformat(), by="import")
            announce(self.session, post)
            self.handed_over += 1

    def _is_named_lead(self, post: Post) -> bool:
        holder = self.by_id.get(post.person_id)
        return holder is not None and (post.practice, holder.name_key) in self.named_leads

    def _add_post(self, row: PersonRow, role: PostRole, person: Person) -> None:
        wanted = NewPost(
            role=role,
            practice=row.practice,
            valid_from=row.valid_from or self.today,
            valid_until=row.valid_until,
            listed=row.listed,
        )
        post = make_post(self.session, wanted, person.id, level=PostLevel.PRACTICE, now=self.now)
        self.new_posts.append(post)
        self._note_post(post)

    def _correct_post(self, post: Post, row: PersonRow, role: PostRole, person: Person) -> bool:
        start, until = row.valid_from or post.valid_from, row.valid_until or post.valid_until
        if until is not None and until <= start:
            raise _Refused("until", "imports.bad_period", "The post would end before it begins.")
        moved = (start, until) != (post.valid_from, post.valid_until)
        if moved and self._clashes(post, role, start, until):
            raise _Refused("from", "people.post_overlap", "The post would overlap another one like it.")
        listed = post.listed if row.listed is None else row.listed
        stale = rules.stale_reason(confirmed_on=post.confirmed_on, bounced_at=None, today=self.today) is not None
        is_open = until is None or until > self.today
        if not moved and listed == post.listed and not (stale and is_open):
            return False
        move_post(self.session, post, valid_from=start, valid_until=until, now=self.now)
        post.listed, post.confirmed_on = listed, self.today
        audit(self.session, "post.changed", post.id, by="import")
        announce(self.session, post)
        return True

    def _clashes(self, post: Post, role: PostRole, start: date, until: date | None) -> bool:
        return any(
            other is not post
            and (role is PostRole.NAMED_LEAD or other.person_id == post.person_id)
            and _overlap(other, start, until)
            for other in self.posts[post.practice or "", role]
        )


def _role(row: PersonRow) -> PostRole:
    role = rules.read_role(row.role)
    if role is None:
        raise ValueError("rows of unknown roles are refused before")
    return role


def _one_person(names: set[str]) -> bool:
    first, *others = sorted(names)
    return all(rules.is_same_person(first, other) for other in others)


def _overlap(post: Post, start: date, until: date | None) -> bool:
    return (until is None or post.valid_from < until) and (post.valid_until is None or start < post.valid_until)


async def _write_mailboxes(
    session: Tx, rows: Sequence[tuple[int, PersonRow]], sheet: _Sheet, outcome: ImportOutcome, *, now: datetime
) -> None:
    wanted: dict[str, str] = {}
    for number, row in rows:
        if row.name or not row.email:
            continue
        if address_key(wanted.setdefault(row.practice, row.email)) != address_key(row.email):
            error = RowError(
                number, "email", "people.second_mailbox", "The file has another mailbox for this practice."
            )
            outcome.errors.append(error)
    changes = await set_mailboxes(session, sheet.shared_at | wanted, now=now)
    for practice in wanted:
        _count(outcome, changes[practice])


def _warn(outcome: ImportOutcome, sheet: _Sheet) -> None:
    if sheet.shared_at:
        outcome.warnings.append(
            f"{len(sheet.shared_at)} practices have one address for several people; it was taken as the practice's mailbox."
        )
    if sheet.handed_over:
        outcome.warnings.append(
            f"{sheet.handed_over} named leads whom the file no longer names were ended where a new one begins."
        )
    if sheet.renamed:
        outcome.warnings.append(f"{sheet.renamed} people are known by another name now; their address is the same.")
