"""What a link's page shows of the thing that is asked, and whether there is still something to answer."""

from dataclasses import replace
from datetime import date, datetime
from html import escape
from uuid import UUID

from app.communications.errors import LinkEnded, LinkUnknown, LinkUsed
from app.communications.repository import links as rows
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.must_read import list_places
from app.communications.rules.must_read import edition_in
from app.communications.rules.rendering import render_markdown
from app.communications.tables import Announcement
from app.communications.values import Action, ActionKind, Shown
from app.core.clock import london_date
from app.core.db import Tx
from app.core.wording import day_text, month_text, pounds_words
from app.forums import service as forums
from app.forums.values import Decision, IssueState, VoiceType
from app.organisations import service as organisations
from app.schemes import service as schemes
from app.schemes.values import OfferInWords, ParticipationState

# As many as a page can ask for without a search among fields; who has held more asks the office.
_MOST_DAYS = 5
_EMPTY = Shown(kind=ActionKind.ACKNOWLEDGE, commissioner="", practice=None, practice_name=None, title="", html="")
_VOICES = {VoiceType.FORUM: "Patients", VoiceType.PRACTICE: "A practice"}
DECISION_WORDS = {
    Decision.AGREED: "Agreed",
    Decision.ALREADY_DONE: "Already done",
    Decision.PLANNED: "Planned",
    Decision.DECLINED: "Declined",
}


async def describe(
    session: Tx, action: Action, message_id: UUID, practice: str | None, *, person_id: UUID | None, now: datetime
) -> Shown:
    """The thing in words. `LinkUsed` where it has been answered in another way, `LinkEnded` where it is no more."""
    if action.kind is ActionKind.ACKNOWLEDGE:
        return await _message(session, message_id, person_id)
    if practice is not None and action.kind is ActionKind.OFFER:
        return await _offer(session, action.id, practice, today=london_date(now))
    if practice is not None and action.kind is ActionKind.ISSUE:
        return await _issue(session, action.id, practice, today=london_date(now))
    if practice is not None and action.kind is ActionKind.SESSION:
        return await _sessions(session, action.id, practice, today=london_date(now))
    raise LinkUnknown


async def _message(session: Tx, message_id: UUID, person_id: UUID | None) -> Shown:
    """The announcement as it is now, whichever version the mail brought."""
    message = await rows.get_message(session, message_id)
    row = await AnnouncementRepository(session, session.tenant).get(UUID(message.source_id))
    if row.withdrawn_at is not None or row.must_acknowledge_by is None:
        raise LinkEnded("The announcement was withdrawn. Nothing has to be done.")
    version = (("Version", str(row.edition)),) if row.edition > 1 else ()
    places = () if message.practice or person_id is None else await _places(session, row, person_id)
    return replace(
        _EMPTY,
        title=row.title,
        html=row.body_html,
        facts=(("Please say that you have read it by", day_text(row.must_acknowledge_by)), *places, *version),
        notice="This has changed since the mail was sent. Read what it says now."
        if edition_in(message.occasion) < row.edition
        else None,
    )


async def _places(session: Tx, row: Announcement, person_id: UUID) -> tuple[tuple[str, str], ...]:
    """For which practices somebody reads it who was asked for several."""
    places = await list_places(session, row.id, row.edition, f"person:{person_id}")
    codes = {code for code in places if code}
    if len(codes) < 2:
        return ()
    names = await organisations.organisation_names(session, codes)
    return (("You read it for", ", ".join(f"{names.get(code, code)} ({code})" for code in sorted(codes))),)


async def _offer(session: Tx, offer_id: UUID, practice: str, *, today: date) -> Shown:
    offer = await schemes.offer_in_words(session, offer_id, today=today)
    if offer.part.practice != practice:
        raise LinkUnknown
    if offer.part.state is not ParticipationState.OFFERED:
        raise LinkUsed(_answered(offer))
    if offer.is_lapsed:
        raise LinkEnded("The last day to answer the offer is over. Ask your commissioner's office for a new one.")
    until = offer.part.respond_by
    return replace(
        _EMPTY,
        kind=ActionKind.OFFER,
        title=f"Offer: {offer.scheme_title}",
        html=_paragraphs(offer.scheme_purpose) + render_markdown(offer.words).html,
        figures=_figures(offer),
        facts=(("Answer by", day_text(until)),) if until else (),
        notice="The words of this scheme have changed since it was offered to you. These are the ones that apply now."
        if offer.is_reworded
        else None,
    )


def _answered(offer: OfferInWords) -> str:
    what = "accepted" if offer.part.state is ParticipationState.ACCEPTED else "declined"
    when = f" on {day_text(london_date(offer.answered_at))}" if offer.answered_at else ""
    return f"The practice has {what} the offer of {offer.scheme_title}{when}."


def _figures(offer: OfferInWords) -> tuple[tuple[str, str], ...]:
    if offer.earns is None:
        return ()
    most = "no upper limit" if offer.earns.most is None else pounds_words(offer.earns.most)
    return (
        ("At least", pounds_words(offer.earns.least)),
        ("Expected", pounds_words(offer.earns.expected)),
        ("At most", most),
    )


async def _sessions(session: Tx, request_id: UUID, practice: str, *, today: date) -> Shown:
    asked = await schemes.sessions_in_words(session, request_id, today=today)
    if asked.request.practice != practice:
        raise LinkUnknown
    month, start = month_text(asked.request.period), asked.request.period.valid_from
    recorded = ", ".join(day_text(day) for day in asked.recorded) or "none"
    if asked.room == 0:
        raise LinkUsed(f"All sessions of {month} that count are recorded: {recorded}.")
    return replace(
        _EMPTY,
        kind=ActionKind.SESSION,
        title=f"Sessions in {month}: {asked.request.scheme_title}",
        html="<p>Say on which days a session was held that is not recorded yet. Your commissioner's office confirms it before"
        " it is paid.</p>",
        figures=(("Expected for one more session", pounds_words(asked.next_counts_for)),)
        if asked.next_counts_for
        else (),
        facts=(("Recorded so far", recorded),),
        most_days=min(asked.room or _MOST_DAYS, _MOST_DAYS),
        example_day=f"12/{start.month}/{start.year}",
    )


async def _issue(session: Tx, issue_id: UUID, practice: str, *, today: date) -> Shown:
    issue = await forums.issue_in_words(session, issue_id, practice, today=today)
    if issue.state is IssueState.MERGED or not issue.is_asked:
        raise LinkEnded("The issue no longer asks this practice.")
    given = () if issue.answered is None or issue.answered_at is None else (
        ("Your practice has answered", f"{DECISION_WORDS[issue.answered]}, on {day_text(london_date(issue.answered_at))}"),
        ("In these words", issue.answer or ""),
    )  # fmt: skip
    return replace(
        _EMPTY,
        kind=ActionKind.ISSUE,
        title=f"Issue: {issue.title}",
        html=_paragraphs(issue.body),
        facts=(
            ("Raised by", _VOICES[issue.raised_by]),
            ("Raised on", day_text(london_date(issue.raised_at))),
            *given,
        ),
        notice="A new answer takes the place of the one that your practice has given." if given else None,
    )


def _paragraphs(typed: str) -> str:
    """What somebody typed without any marks, as HTML."""
    return "".join(f"<p>{escape(part.strip())}</p>" for part in typed.split("\n\n") if part.strip())
