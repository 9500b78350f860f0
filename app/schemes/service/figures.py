"""Figures: what the engine is given of each practice, and what it answers before anything is paid."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.values import Basis, Definition, Fact, Needed, PracticeInput, PracticeResult, Range
from app.core.clock import Period
from app.core.db import Tx, let_go
from app.organisations import service as organisations
from app.people import service as people
from app.schemes.repository.facts import FactRepository, FactSpan
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository, VersionRepository
from app.schemes.rules import joining, versions
from app.schemes.service.checking import version_problems
from app.schemes.service.drafting import (
    as_scheme_ref,
    as_version_ref,
    list_published_versions,
    read_definition,
    version_covering,
    words_of,
)
from app.schemes.values import (
    Budget,
    Estimates,
    FactState,
    PracticeRange,
    SchemeRef,
    VersionRef,
    Words,
)


async def list_participants(session: Tx, scheme_id: UUID, *, period: Period) -> list[str]:
    """The practices with an agreement in force on some day of the period, in order of their codes."""
    return await Gathering(session, scheme_id).participants(period)


async def gather_inputs(
    session: Tx, scheme_id: UUID, version: VersionRef, *, period: Period, codes: Sequence[str]
) -> list[PracticeInput]:
    return await Gathering(session, scheme_id).inputs(version, period=period, codes=codes)


class Gathering:
    """What is known of one scheme and its practices for several periods: all but the facts is read once for all of them."""

    def __init__(self, session: Tx, scheme_id: UUID, *, known_at: datetime | None = None) -> None:
        """As known now, or as it was recorded at `known_at`: published versions, agreements, facts, lists and posts. When a
        practice was the commissioner's is as it is known now.
        """
        self._session = session
        self._scheme_id = scheme_id
        self._known_at = known_at
        self._versions: list[VersionRef] | None = None
        self._terms: dict[str, Period] | None = None
        self._read: dict[int, tuple[Definition, Needed]] = {}
        self._without_facts: dict[tuple[bool, bool, bool], dict[str, PracticeInput]] = {}
        self._seen: dict[str, PracticeInput] = {}

    async def version_for(self, period: Period) -> VersionRef:
        """As `get_version_for`."""
        if self._versions is None:
            self._versions = await list_published_versions(self._session, self._scheme_id, known_at=self._known_at)
        return version_covering(self._versions, period)

    async def participants(self, period: Period) -> list[str]:
        """As `list_participants`."""
        if self._terms is None:
            repository = ParticipationRepository(self._session, self._session.tenant)
            agreed = await repository.list_agreements(self._scheme_id, known_at=self._known_at)
            self._terms = joining.agreement_terms(agreed)
        # Sorted here: the database's collation is not that of a digest.
        return sorted(practice for practice, term in self._terms.items() if term.overlaps(period))

    async def inputs(self, version: VersionRef, *, period: Period, codes: Sequence[str]) -> list[PracticeInput]:
        """All that a run over the period can see of each practice, in the order given: a handful of queries for any
        number. A practice that looks the same in two periods, and has no facts in them, is the same object for both.

        Confirmed and unconfirmed facts alike; the engine says which of them it pays.
        """
        definition, needed = self._definition(version)
        seen = await self.outlines(version, period=period, codes=codes)
        if not needed.facts:
            return seen
        span = FactSpan(calculation.facts_since(definition, period), period.end)
        facts = await _facts(self._session, self._scheme_id, span, codes=codes, known_at=self._known_at)
        return [replace(each, facts=facts[each.code]) if each.code in facts else each for each in seen]

    async def outlines(self, version: VersionRef, *, period: Period, codes: Sequence[str]) -> list[PracticeInput]:
        """As `inputs`, without the facts."""
        definition, needed = self._definition(version)
        known = await self._known(codes, needed)
        sight = calculation.sight(definition, period)
        for code in codes:
            self._seen[code] = sight(known[code], self._seen.get(code))
        seen = [self._seen[code] for code in codes]
        return joining.with_heirs_present(seen) if needed.successors else seen

    async def mark_facts(self, versions: Mapping[Period, VersionRef]) -> dict[Period, str]:
        """For each period a mark of the facts that could count in it by its version: the same as long as none of them is
        added, corrected, confirmed or withdrawn. One query for any number of periods.
        """
        spans = dict[Period, FactSpan]()
        for period, version in versions.items():
            definition, needed = self._definition(version)
            if needed.facts:
                spans[period] = FactSpan(calculation.facts_since(definition, period), period.end)
        repository = FactRepository(self._session, self._session.tenant)
        marks = await repository.mark(self._scheme_id, list(spans.values()))
        found = dict(zip(spans, marks, strict=True))
        return {period: found.get(period, "") for period in versions}

    def _definition(self, version: VersionRef) -> tuple[Definition, Needed]:
        if version.n not in self._read:
            definition = read_definition(version.definition)
            self._read[version.n] = definition, calculation.measures_needed(definition)
        return self._read[version.n]

    async def _known(self, codes: Sequence[str], needed: Needed) -> dict[str, PracticeInput]:
        with_lists, with_posts, with_successors = bool(needed.bases), bool(needed.posts), needed.successors
        known = self._without_facts.setdefault((with_lists, with_posts, with_successors), {})
        fresh = [code for code in codes if code not in known]
        if not fresh:
            return known
        lists = await organisations.list_sizes(self._session, fresh, known_on=self._known_at) if with_lists else {}
        posts = await people.posts_held(self._session, fresh, known_on=self._known_at) if with_posts else {}
        # Of a closing that was not known then, the times as a member say nothing, and so its successor counts for nothing.
        successors = await organisations.successors(self._session, fresh) if with_successors else {}
        periods, terms = await organisations.member_periods(self._session, fresh), await self._terms_of(fresh)
        for code in fresh:
            member = joining.membership(periods.get(code, []), terms.get(code))
            known[code] = PracticeInput(
                code=code,
                lists=tuple(lists.get(code, ())),
                posts=tuple(posts.get(code, ())),
                member=member,
                successor=joining.heir(successors.get(code), member),
            )
        return known

    async def _terms_of(self, codes: Sequence[str]) -> Mapping[str, Period]:
        """When each practice has agreed to the scheme: of all where they were read before, as in a run, or of these alone."""
        if self._terms is not None:
            return self._terms
        repository = ParticipationRepository(self._session, self._session.tenant)
        return joining.agreement_terms(
            await repository.list_agreements(self._scheme_id, codes, known_at=self._known_at)
        )


async def estimates(
    session: Tx, scheme_id: UUID, version: VersionRef, *, codes: Sequence[str], others: Sequence[str] = ()
) -> Estimates:
    """Each practice's range over all that the version applies to, with others who may share something with them."""
    definition = read_definition(version.definition)
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    budget = as_scheme_ref(scheme).budget
    counted = sorted({*codes, *others})
    inputs = await inputs_with_others(session, scheme_id, version, period=version.applies, codes=counted)
    sizes = await _budget_lists(session, budget, version.applies.valid_from, codes)
    # Thousands of practices take a second or more: nothing is held open, and the event loop serves others meanwhile.
    await let_go(session)
    found = await asyncio.to_thread(calculation.estimates, definition, period=version.applies, practices=inputs)
    ranges = {code: found[code] for code in codes}
    shares = {
        code: versions.budget_share(budget, size, version.applies)
        for code, size in sizes.items()
        if budget and size is not None
    }
    return Estimates(
        ranges=tuple(
            PracticeRange(code, one.least, one.expected, one.most, versions.whole_pence(shares.get(code)))
            for code, one in ranges.items()
            if one is not None
        ),
        without_list=tuple(code for code, size in sizes.items() if size is None),
        not_worked_out=tuple(code for code, one in ranges.items() if one is None),
    )


async def budget_total(session: Tx, scheme: SchemeRef, *, year: Period, codes: Sequence[str]) -> int | None:
    """The scheme's budget of the year in pence: one amount, or so much per head of these practices' lists; None without."""
    if scheme.budget is None or scheme.budget.amount is not None:
        return scheme.budget.amount if scheme.budget else None
    sizes = await _budget_lists(session, scheme.budget, year.valid_from, codes)
    shares = [versions.budget_share(scheme.budget, size, year) for size in sizes.values() if size is not None]
    return sum(versions.whole_pence(share) or 0 for share in shares)


async def describe_version(session: Tx, scheme_id: UUID, n: int, *, practice: str | None, today: date) -> Words:
    """The version's sentences, with the practice's least, expected and most where one asks."""
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, n)
    version, definition = as_version_ref(row), read_definition(row.definition)
    words = words_of(row)
    if practice is None or version_problems(definition, applies=version.applies):
        return words
    ranges = await ranges_if_all_join(session, scheme_id, version, [practice], today=today)
    # What was signed stays as it was worded then; only the practice's own figures are of today.
    return Words(_with_range(words.markdown, ranges.get(practice)), words.digest)


async def describe_offer(session: Tx, scheme_id: UUID, practices: Sequence[str], *, today: date) -> dict[str, str]:
    """The live version's sentences as Markdown, with each practice's own least, expected and most, by practice; a handful of
    queries for any number. Empty where nothing is published.
    """
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id)
    if scheme.live_version is None or not practices:
        return {}
    row = await VersionRepository(session, session.tenant).get_number(scheme_id, scheme.live_version)
    ranges = await ranges_if_all_join(session, scheme_id, as_version_ref(row), practices, today=today)
    return {practice: _with_range(row.words or "", ranges.get(practice)) for practice in practices}


async def ranges_if_all_join(
    session: Tx, scheme_id: UUID, version: VersionRef, codes: Sequence[str], *, today: date
) -> dict[str, Range]:
    """Without those that cannot be worked out.

    Where something is shared by all, a practice that decides whether to join expects its share among those who have agreed
    or may still, and before anybody was asked among the members: not all of it, because the others have not answered yet.
    """
    others: Sequence[str] = ()
    if calculation.shares_among_all(read_definition(version.definition)):
        asked = await ParticipationRepository(session, session.tenant).list_joining(scheme_id, today=today)
        others = asked or await organisations.list_member_codes(session, on=today)
    found = await estimates(session, scheme_id, version, codes=codes, others=others)
    return {each.practice: Range(each.least, each.expected, each.most) for each in found.ranges}


def _with_range(words: str, ranges: Range | None) -> str:
    return f"{words}\n{calculation.range_sentence(ranges)}\n"


async def live_figure(
    session: Tx, scheme_id: UUID, version: VersionRef, practice: str, period: Period
) -> PracticeResult | None:
    """With evidence that is still to be confirmed; None where an amount is too large."""
    (found,) = await _figures(session, scheme_id, version, practice, period, (True,))
    return found


async def _figures(
    session: Tx, scheme_id: UUID, version: VersionRef, practice: str, period: Period, views: Sequence[bool]
) -> list[PracticeResult | None]:
    """For each view; None where an amount is too large."""
    definition = read_definition(version.definition)
    inputs = await inputs_with_others(session, scheme_id, version, period=period, codes=[practice])
    found = [
        calculation.evaluate_possible(definition, period=period, practices=inputs, include_unconfirmed=view)[0]
        for view in views
    ]
    return [next((each for each in results if each.code == practice), None) for results in found]


async def inputs_with_others(
    session: Tx, scheme_id: UUID, version: VersionRef, *, period: Period, codes: Sequence[str]
) -> list[PracticeInput]:
    """Of these practices, and of all others that have agreed where they share something with them."""
    if calculation.shares_among_all(read_definition(version.definition)):
        codes = sorted({*codes, *await list_participants(session, scheme_id, period=period)})
    return await gather_inputs(session, scheme_id, version, period=period, codes=codes)


async def _facts(
    session: Tx, scheme_id: UUID, span: FactSpan, *, codes: Sequence[str], known_at: datetime | None
) -> dict[str, tuple[Fact, ...]]:
    """By practice."""
    repository = FactRepository(session, session.tenant)
    rows = await repository.list_in_span(scheme_id, span, practices=codes, known_at=known_at)
    found: dict[str, list[Fact]] = {}
    for practice, external_id, measure, on, value, subject, state in rows:
        fact = Fact(external_id, measure, on, value, subject, confirmed=state == FactState.CONFIRMED)
        found.setdefault(practice, []).append(fact)
    return {practice: tuple(facts) for practice, facts in found.items()}


def as_fact(row: Any) -> Fact:
    return Fact(
        external_id=row.external_id,
        measure=row.measure,
        on=row.happened_on,
        value=row.value,
        subject=row.subject,
        confirmed=row.state == FactState.CONFIRMED,
    )


async def _budget_lists(
    session: Tx, budget: Budget | None, on: date, codes: Sequence[str]
) -> Mapping[str, Decimal | None]:
    if budget is None or budget.per_head is None or budget.basis is None:
        return {}
    lists = await organisations.list_sizes(session, codes)
    basis = Basis(budget.basis)
    found = {code: calculation.latest_list(lists.get(code, ()), on=on, basis=basis) for code in codes}
    return {code: None if chosen is None else getattr(chosen, basis) for code, chosen in found.items()}
