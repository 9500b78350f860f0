"""Offers, answers to them, and agreements that the office records on a practice's behalf."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.etag import digest_etag
from app.core.events import emit
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.repository import Expected
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.organisations.values import PracticeRef
from app.people import service as people
from app.people.values import NewPost, PostRole
from app.schemes.errors import (
    OfferAnswered,
    OfferLapsed,
    RespondByPast,
    SchemeClosed,
    SchemeNotPublished,
    SignUpsRefused,
    WordsChanged,
)
from app.schemes.events import OfferAnswered as OfferAnsweredEvent
from app.schemes.events import OffersMade, SignedUp
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import joining, versions
from app.schemes.service.evidence import record_attendance_of
from app.schemes.tables import ImprovementAreaRow, ParticipationRow, SchemeRow, VersionRow
from app.schemes.values import (
    ImprovementAreaText,
    OfferOutcome,
    OfferRef,
    ParticipationState,
    SchemeState,
    Signatory,
    SignUp,
    SignUpOutcome,
    scheme_year,
)


async def make_offers(
    session: Tx, scheme_id: UUID, *, practices: Sequence[str] | Literal["all"], respond_by: date, now: datetime
) -> OfferOutcome:
    """Offer the version for the rest of the year. A practice that has agreed, or still has time to answer, keeps its own."""
    if respond_by < london_date(now):
        detail = "Nobody could answer any more; give today or a later day."
        raise RespondByPast(errors=[FieldError("/respond_by", RespondByPast.code, detail)])
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    version = await version_offered(session, scheme, today=london_date(now))
    codes = await _codes(session, practices, pointer="/practices", today=london_date(now))
    repository = ParticipationRepository(session, session.tenant)
    stamp = {
        "commissioner_id": session.tenant,
        "scheme_id": scheme_id,
        "offered_at": now,
        "recorded_at": now,
        "respond_by": respond_by,
        "version_n": version.n,
        "words_digest": version.words_digest,
    }
    made = await repository.offer([stamp | {"id": new_id(), "practice": code} for code in codes]) if codes else []
    if made:
        audit(session, "scheme.offered", scheme_id, practices=len(made), version=version.n)
        emit(session, OffersMade(subject=str(scheme_id), practices=made))
    rows = await repository.list_by_practice(scheme_id, codes)
    offers = tuple(_as_offer(rows[code]) for code in sorted(rows))
    return OfferOutcome(created=len(made), unchanged=len(codes) - len(made), offers=offers)


async def accept_offer(
    session: Tx,
    offer_id: UUID,
    *,
    caller: Principal,
    signatory: Signatory,
    named_lead: UUID | None,
    areas: Sequence[ImprovementAreaText],
    words_digest: str | None,
    expected: Expected,
    now: datetime,
) -> ParticipationRow:
    row = await _answerable(session, offer_id, caller=caller, expected=expected, today=london_date(now))
    scheme = await SchemeRepository(session, session.tenant).get(row.scheme_id)
    version = await version_offered(session, scheme, today=london_date(now))
    # Whoever names no words means those that were offered, and not what was published since.
    if (words_digest or row.words_digest) not in (None, version.words_digest):
        detail = f"Read the words that apply now and send `words_digest` {version.words_digest} to accept them."
        raise WordsChanged(detail)
    if named_lead is not None:
        await _name_lead(session, caller, row.practice, named_lead, now=now)
    row.state = ParticipationState.ACCEPTED
    row.version_n, row.words_digest = version.n, version.words_digest
    row.signed_on, row.named_lead_id = london_date(now), named_lead
    row.signatory_name, row.signatory_capacity = signatory.name, signatory.capacity
    _stamp_answer(session, row, caller, now)
    session.add_all(_area_rows(row, areas))
    await session.flush()
    await record_attendance_of(session, row.scheme_id, [row.practice], now=now)
    audit(session, "offer.accepted", offer_id, practice=row.practice, words_digest=version.words_digest)
    return row


async def _name_lead(session: Tx, caller: Principal, practice: str, person_id: UUID, *, now: datetime) -> None:
    """The agreement may name somebody of the practice as its lead; who keeps the practice's posts fills a vacant one by it."""
    await people.get_person(session, person_id)
    await people.require_own_person(session, caller, practice, person_id)
    today = london_date(now)
    held = (await people.posts_held(session, [practice])).get(practice, ())
    is_vacant = not any(
        each.post == PostRole.NAMED_LEAD and Period(each.valid_from, each.valid_until).contains(today) for each in held
    )
    if is_vacant and practice in caller.practices("posts:write"):
        post = NewPost(role=PostRole.NAMED_LEAD, practice=practice, valid_from=today)
        await people.add_post(session, caller, post, person_id, None, now=now)


async def decline_offer(
    session: Tx, offer_id: UUID, *, caller: Principal, reason: str, expected: Expected, now: datetime
) -> ParticipationRow:
    row = await _answerable(session, offer_id, caller=caller, expected=expected, today=london_date(now))
    row.state, row.decline_reason = ParticipationState.DECLINED, reason
    _stamp_answer(session, row, caller, now)
    await session.flush()
    audit(session, "offer.declined", offer_id, practice=row.practice)
    return row


async def record_sign_ups(
    session: Tx, scheme_id: UUID, sign_ups: Sequence[SignUp], *, recorded_by: UUID | None, now: datetime
) -> SignUpOutcome:
    """All or none, in one statement; each agrees to the words that apply to its term. The same again changes nothing; one
    that differs corrects it.
    """
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    published = await _published(session, scheme)
    known = await _known_practices(session, [each.practice for each in sign_ups], pointer="/sign_ups/{}/practice")
    refused = joining.refused_sign_ups(
        sign_ups,
        {code: practice.closed_on for code, practice in known.items()},
        starts_on=scheme.starts_on,
        today=london_date(now),
    )
    if refused:
        raise SignUpsRefused(errors=refused)
    stamp = {
        "commissioner_id": session.tenant,
        "scheme_id": scheme_id,
        "recorded_at": now,
        "answered_by": recorded_by,
    }
    # Two requests that name the same practices the other way round would each wait for a row that the other one holds.
    in_one_order = sorted(sign_ups, key=lambda each: each.practice)
    created, updated = await ParticipationRepository(session, session.tenant).sign_up(
        [stamp | _words_signed(published, each, scheme) | _sign_up_row(each) for each in in_one_order]
    )
    if created or updated:
        await record_attendance_of(session, scheme_id, [*created, *updated], now=now)
        audit(session, "scheme.signed_up", scheme_id, created=len(created), updated=len(updated))
        emit(session, SignedUp(subject=str(scheme_id), practices=sorted([*created, *updated])))
    return SignUpOutcome(len(created), len(updated), len(sign_ups) - len(created) - len(updated))


async def version_offered(session: Tx, scheme: SchemeRow, *, today: date) -> VersionRow:
    """The version that whoever agrees that day agrees to."""
    return _version_for(await _published(session, scheme), _rest(scheme, today))


async def _published(session: Tx, scheme: SchemeRow) -> Sequence[VersionRow]:
    """At least one."""
    if scheme.state == SchemeState.CLOSED:
        raise SchemeClosed
    if scheme.live_version is None:
        raise SchemeNotPublished
    return await VersionRepository(session, session.tenant).list_published([scheme.id])


def _version_for(published: Sequence[VersionRow], term: Period) -> VersionRow:
    numbers = [(row.n, Period(row.applies_from, row.applies_until)) for row in published]
    chosen = versions.version_signed(numbers, term)
    return next(row for row in published if row.n == chosen)


def _rest(scheme: SchemeRow, today: date) -> Period:
    """What an agreement made today can still change of the scheme's year."""
    return _term(max(today, scheme.starts_on), None, scheme)


def _term(valid_from: date | None, valid_until: date | None, scheme: SchemeRow) -> Period:
    """What the words have to be of: of the year where the agreement is for none of its days."""
    year = scheme_year(scheme.starts_on)
    return joining.agreement_term(valid_from, valid_until, year=year) or year


def _words_signed(published: Sequence[VersionRow], each: SignUp, scheme: SchemeRow) -> dict[str, object]:
    version = _version_for(published, _term(each.valid_from, each.valid_until, scheme))
    return {"version_n": version.n, "words_digest": version.words_digest}


async def _codes(session: Tx, practices: Sequence[str] | Literal["all"], *, pointer: str, today: date) -> list[str]:
    if practices == "all":
        return await organisations.list_member_codes(session, on=today)
    codes = sorted(set(practices))
    await _known_practices(session, practices, pointer=f"{pointer}/{{}}")
    return codes


async def _known_practices(session: Tx, codes: Sequence[str], *, pointer: str) -> dict[str, PracticeRef]:
    """Those practices; `PracticeNotFound` says which places name none of this commissioner's."""
    members = set(await organisations.list_member_codes(session, on=None))
    missing = [
        FieldError(pointer.format(place), PracticeNotFound.code, "There is no such practice.")
        for place, code in enumerate(codes)
        if code not in members
    ]
    if missing:
        raise PracticeNotFound(errors=missing)
    return await organisations.get_practices(session, sorted(set(codes)))


def sees_signatures(caller: Principal) -> bool:
    """Signatures, persons and reasons are for those who handle the scheme's evidence, and for the practice itself."""
    return caller.has("facts:read")


def participation_tag(row: ParticipationRow, caller: Principal, *, today: date) -> str:
    """The tag of an offer with its answer as this caller sees it today: an offer lapses without a change of its row."""
    is_lapsed = joining.is_lapsed(row.state, row.respond_by, today=today)
    return digest_etag("participation", row.version, is_lapsed, sees_signatures(caller))


async def _answerable(
    session: Tx, offer_id: UUID, *, caller: Principal, expected: Expected, today: date
) -> ParticipationRow:
    # Locked against a second answer and against the office recording a sign-up meanwhile.
    row = await ParticipationRepository(session, session.tenant).get(offer_id, for_update=True)
    if row.practice not in caller.practices("offers:answer"):
        raise Forbidden("Only the practice to which the offer was made can answer it.")
    expected.check_tag(participation_tag(row, caller, today=today))
    if row.state != ParticipationState.OFFERED:
        raise OfferAnswered
    if joining.is_lapsed(row.state, row.respond_by, today=today):
        raise OfferLapsed
    return row


def _stamp_answer(session: Tx, row: ParticipationRow, caller: Principal, now: datetime) -> None:
    row.answered_at, row.answered_by = now, caller.require_person()
    event = OfferAnsweredEvent(subject=str(row.id), scheme=str(row.scheme_id), practice=row.practice, state=row.state)
    emit(session, event)


def _area_rows(row: ParticipationRow, areas: Sequence[ImprovementAreaText]) -> list[ImprovementAreaRow]:
    return [
        ImprovementAreaRow(
            commissioner_id=row.commissioner_id,
            participation_id=row.id,
            no=no,
            title=area.title,
            baseline=area.baseline,
            target=area.target,
            measure=area.measure,
            review_on=area.review_on,
        )
        for no, area in enumerate(areas, start=1)
    ]


def _sign_up_row(each: SignUp) -> dict[str, object]:
    return {
        "id": new_id(),
        "practice": each.practice,
        "signed_on": each.signed_on,
        "signatory_name": each.signatory.name,
        "signatory_capacity": each.signatory.capacity,
        "evidence": each.evidence,
        "historical": each.historical,
        "valid_from": each.valid_from,
        "valid_until": each.valid_until,
    }


def _as_offer(row: ParticipationRow) -> OfferRef:
    state = ParticipationState(row.state)
    return OfferRef(row.id, row.scheme_id, row.practice, state, row.respond_by, row.offered_at)
