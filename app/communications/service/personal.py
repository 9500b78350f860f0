"""Announcements whose text is another for each practice: checked, counted, shown for one, and written for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.communications.errors import AudienceUnknown, FieldsMissing, NotForEachPractice, TextInvalid
from app.communications.repository import personal as rows
from app.communications.rules.personal import example_text, fill_text, find_gaps, gap_sentences, look_at, uses_fields
from app.communications.rules.rendering import render_markdown
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import recipients
from app.communications.service.wording import word
from app.communications.tables import Announcement
from app.communications.values import Audience, Draft, Facts, Gap, Personal, Sample, Template
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.organisations import service as organisations

_POINTERS = {"subject": "/title", "body": "/body_markdown"}


@dataclass(frozen=True, slots=True)
class Told:
    """The practices that are told, with what is known of each, and what is not."""

    template: Template
    commissioner: str
    practices: Sequence[Mapping[str, Any]]
    without_practice: int
    gaps: tuple[Gap, ...]

    @property
    def sentences(self) -> list[str]:
        return gap_sentences(self.gaps, len(self.practices), self.without_practice)

    def text_for(self, practice: Mapping[str, Any]) -> Template:
        return fill_text(self.template, practice, self.commissioner)


def check_text(template: Template, *, on_intranet: bool, must_acknowledge_by: date | None) -> bool:
    """Whether it has fields of the practice. `TextInvalid` with each flaw at its member and line; `NotForEachPractice` where
    it would have to be one text for everybody.
    """
    if not uses_fields(template.subject, template.body):
        return False
    flaws = look_at(template).flaws
    if flaws:
        raise TextInvalid(errors=[FieldError(_POINTERS[flaw.part], flaw.code, flaw.detail) for flaw in flaws])
    refused = []
    if on_intranet:
        refused.append(FieldError("/on_intranet", "personalised", "A page of the intranet has one text for everybody."))
    if must_acknowledge_by is not None:
        refused.append(
            FieldError("/must_acknowledge_by", "personalised", "What has to be read is one text for everybody.")
        )
    if refused:
        raise NotForEachPractice(errors=refused)
    return True


def require_plain(markdown: str) -> None:
    """Of a version of what has to be read."""
    if uses_fields("", markdown):
        detail = "What has to be read is one text for everybody, without fields."
        raise NotForEachPractice(errors=[FieldError("/body_markdown", "personalised", detail)])


async def gather(session: Tx, template: Template, audience: Audience, *, now: datetime) -> Told:
    """Those who are meant today."""
    meant = recipients(session.tenant, await resolve_audience(session, audience, now=now), now=now)
    codes, without = await rows.list_places(session, meant)
    return await _told(session, template, codes, without, now=now)


async def _told(session: Tx, template: Template, codes: Sequence[str], without: int, *, now: datetime) -> Told:
    today = london_date(now)
    names = await organisations.organisation_names(session, codes)
    profiles = await organisations.profiles(session, codes, on=today)
    places = {each.locality_id for each in profiles.values() if each.locality_id}
    localities = await organisations.get_localities(session, places)
    practices = list[Mapping[str, Any]]()
    for code in codes:
        known = profiles.get(code)
        size, place = (known.registered, known.locality_id) if known else (None, None)
        practices.append(
            {
                "code": code,
                "name": names.get(code, code),
                "list_size": None if size is None else round(size),
                "locality": localities[place].name if place else None,
            }
        )
    gaps = find_gaps(look_at(template).needs, practices)
    commissioner = (await organisations.get_commissioner(session)).name
    return Told(template, commissioner, practices, without, gaps)


async def require_known(session: Tx, template: Template, audience: Audience, *, now: datetime) -> None:
    """`FieldsMissing`, with how many and whom first, where somebody could not be told."""
    told = await gather(session, template, audience, now=now)
    if told.sentences:
        raise FieldsMissing(" ".join(told.sentences))


async def measure_text(
    session: Tx, draft: Draft, audience: Audience, *, now: datetime
) -> tuple[Personal | None, Facts | None, list[str]]:
    """What a dry run says, with the facts of the one practice that is shown; and what is missing, a sentence each."""
    template = Template(draft.title, draft.markdown)
    if not uses_fields(draft.title, draft.markdown):
        return None, None, []
    told = await gather(session, template, audience, now=now)
    shown = _shown(told, draft.preview_practice)
    facts = _facts(told, shown) if shown else None
    sample = await _sample(session, facts) if facts else None
    return Personal(len(told.practices), told.without_practice, told.gaps, sample), facts, told.sentences


def _shown(told: Told, wanted: str | None) -> Mapping[str, Any] | None:
    """The practice that is asked for, or the first of which everything is known that the text says."""
    needs = look_at(told.template).needs
    known = [each for each in told.practices if all(each[name] is not None for name in needs)]
    if wanted is None:
        return next(iter(known), None)
    if wanted not in {each["code"] for each in told.practices}:
        unknown = FieldError("/preview_practice", "unknown", "Nobody of this practice is meant.")
        raise AudienceUnknown(errors=[unknown])
    return next((each for each in known if each["code"] == wanted), None)


def _facts(told: Told, practice: Mapping[str, Any]) -> Facts:
    text = told.text_for(practice)
    return Facts({"title": text.subject, "body": text.body, "acknowledge_by": None}, practice["code"])


async def _sample(session: Tx, facts: Facts) -> Sample:
    """In the frame that the mail has."""
    [letter] = await word(session, "announcement", [facts], source_id="")
    rendered = render_markdown(letter.markdown)
    return Sample(letter.practice or "", letter.subject, rendered.text, rendered.html)


async def letters_to_each(session: Tx, row: Announcement, *, now: datetime) -> list[Facts]:
    """What each practice is told. `FieldsMissing`, and nothing for anybody, where one cannot be."""
    template = Template(row.title, row.body_markdown)
    told = await gather(session, template, Audience.of_json(row.audience), now=now)
    if told.sentences:
        raise FieldsMissing(" ".join(told.sentences))
    # Thousands take a while; the event loop goes on renewing the job's lease meanwhile.
    return await asyncio.to_thread(lambda: [_facts(told, each) for each in told.practices])


async def facts_for_one(session: Tx, row: Announcement, practice: str | None, *, now: datetime) -> Facts | None:
    """What that practice is told, or how it reads with examples. None where something is not known of it."""
    template = Template(row.title, row.body_markdown)
    if practice is None:
        text = example_text(template)
        return Facts({"title": text.subject, "body": text.body, "acknowledge_by": None})
    told = await _told(session, template, [practice], 0, now=now)
    return None if told.gaps else _facts(told, told.practices[0])
