"""A claim with all that one has to see of it before deciding: its figures, what it lacks, and whether its declaration holds."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.calculation import service as calculation
from app.core.audit import audit
from app.core.changes import Marks, practice_marks
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.etag import digest_etag
from app.core.events import emit
from app.core.principal import Principal
from app.organisations.service import reachable
from app.schemes.events import ClaimChanged, ClaimEvent
from app.schemes.repository.claims import ClaimRepository
from app.schemes.rules import claiming, declaring, vetting
from app.schemes.service.claim_figures import claim_figures
from app.schemes.service.claim_rules import get_claim_rules
from app.schemes.service.drafting import get_version_for
from app.schemes.tables import ClaimRow, ClaimStepRow
from app.schemes.values import BOUND, ClaimFigures, ClaimRules, ClaimState, ClaimStepKind, ClaimWindow, VersionRef


@dataclass(frozen=True, slots=True)
class ClaimView:
    row: ClaimRow
    version: VersionRef
    rules: ClaimRules
    window: ClaimWindow
    figures: ClaimFigures
    missing: tuple[str, ...]

    @property
    def holds(self) -> bool | None:
        """Whether what was declared is what is recorded now; None where nothing is declared, or it is past that."""
        return self.row.values_digest == self.figures.digest if self.row.state in BOUND else None

    @property
    def approvers_required(self) -> int | None:
        """As the scheme had it when the claim was declared: bands that are lowered later are for later claims."""
        if self.row.amount is None or self.row.approvals_needed is not None:
            return self.row.approvals_needed
        # A release that serves beside this one does not write it down yet.
        return vetting.approvers_required(self.row.amount, self.rules)

    @property
    def tag(self) -> str:
        """Of all that the answer shows: a figure moves without a change of the row."""
        shown = [each for each in (self.figures.confirmed, self.figures.live) if each is not None]
        return digest_etag(
            "claim", self.row.version, self.rules.version, calculation.outputs_digest(shown), self.figures.digest,
            self.window.closes_on, self.missing,
        )  # fmt: skip


async def changes_seen(session: Tx, caller: Principal, now: datetime) -> Marks | None:
    """Of which claims the change feed tells the caller: of those of the practices in their reach."""
    reach = await reachable(session, caller, "claims:read", on=london_date(now))
    return None if reach is None else practice_marks(reach)


def period_of(row: ClaimRow) -> Period:
    return Period(row.period_from, row.period_until)


async def view_claim(session: Tx, row: ClaimRow, *, today: date) -> ClaimView:
    period = period_of(row)
    version = await get_version_for(session, row.scheme_id, period)
    found = await claim_figures(session, row.scheme_id, version, period=period, codes=[row.practice])
    rules = await get_claim_rules(session, row.scheme_id)
    window = await window_of(session, row.scheme_id, row.practice, period, rules)
    figures = found[row.practice]
    is_open = row.state == ClaimState.OPEN
    is_outgrown = row.state == ClaimState.PAID and declaring.is_outgrown(row.evidence, figures.evidence)
    missing = declaring.missing_words(figures, window, is_open=is_open, is_outgrown=is_outgrown, today=today)
    return ClaimView(row, version, rules, window, figures, tuple(missing))


async def window_of(session: Tx, scheme_id: UUID, practice: str, period: Period, rules: ClaimRules) -> ClaimWindow:
    rejected = await ClaimRepository(session, session.tenant).find_rejected(scheme_id, practice, period)
    at = rejected.rejected_at if rejected else None
    return claiming.claim_window(period, rules, rejected_on=london_date(at) if at else None)


async def take_step(
    session: Tx,
    row: ClaimRow,
    kind: ClaimStepKind,
    *,
    person: UUID | None,
    now: datetime,
    reason: str | None = None,
    amount_before: int | None = None,
    amount: int | None = None,
    event: type[ClaimEvent] = ClaimChanged,
) -> None:
    """Write the row's changes down as one step. The step's number is the version that the row has by it."""
    await session.flush()
    session.add(
        ClaimStepRow(
            commissioner_id=row.commissioner_id,
            claim_id=row.id,
            no=row.version,
            kind=kind,
            at=now,
            person_id=person,
            reason=reason,
            values_digest=row.values_digest,
            amount_before=amount_before,
            amount=row.amount if amount is None else amount,
        )
    )
    audit(session, f"claim.{kind}", row.id, practice=row.practice, amount=row.amount, digest=row.values_digest)
    emit(session, event(subject=str(row.id), step=row.version, practice=row.practice))
