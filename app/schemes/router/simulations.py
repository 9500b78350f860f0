"""HTTP of simulations: asked for, and looked at."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.clock import Period
from app.core.db import Transaction
from app.core.http import Serving, accepted, paged
from app.core.money import format_pounds, plain
from app.core.operations import Operation, operation_answer
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import (
    SchemeNotFound,
    SchemeNotPublished,
    SimulationNotFound,
    TooManySimulations,
    VersionNotFound,
    VersionNotPayable,
)
from app.schemes.repository.simulations import SimulationRepository
from app.schemes.router.answers import cost_answer, difference_answer, practice_cost
from app.schemes.router.root import CONSULTATIONS, Number, router, visible_version
from app.schemes.rules import comparing, spreading
from app.schemes.rules.picture import simulation_picture
from app.schemes.rules.sheet import simulation_sheet
from app.schemes.schemas import simulations as schemas
from app.schemes.tables import SimulationRow
from app.schemes.values import Compared, RangeChange, SimulatedGroup, SimulatedPractice

Reader = Annotated[Principal, require(CONSULTATIONS)]
_FORMS = {"text/csv": {"schema": {"type": "string"}}, "image/svg+xml": {"schema": {"type": "string"}}}


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/simulate",
    status_code=202,
    responses=error_responses(
        SchemeNotFound, VersionNotFound, VersionNotPayable, SchemeNotPublished, TooManySimulations
    ),
)
async def simulate_scheme_version(
    scheme_id: UUID,
    n: Number,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    response: Response,
    body: schemas.SimulationIn | None = None,
) -> Operation:
    """Work out every practice's least, expected and most, against the budget and against the rules of the present. The
    operation's `result` names the simulation, which is there when the operation has succeeded. Three of a scheme are
    worked out at a time.
    """
    operation = await service.request_simulation(session, scheme_id, n, against=body.against if body else None)
    accepted(response, operation.id)
    return operation_answer(operation)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/simulations",
    responses=error_responses(SchemeNotFound, VersionNotFound),
)
async def list_simulations(
    scheme_id: UUID,
    n: Number,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.SimulationPage:
    """Simulations of the version, the newest first. They are kept for 24 months."""
    await visible_version(session, scheme_id, n, caller)
    repository = SimulationRepository(session, session.tenant)
    page = await repository.list_of(scheme_id, n, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_summary))


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/simulations/{simulation_id}",
    response_model=schemas.Simulation,
    responses={200: {"content": _FORMS}} | error_responses(SchemeNotFound, VersionNotFound, SimulationNotFound),
)
async def get_simulation(
    scheme_id: UUID,
    n: Number,
    simulation_id: UUID,
    caller: Reader,
    session: Transaction,
    request: Request,
    response: Response,
) -> schemas.Simulation | Response:
    """What the version would pay each practice and all together, how it is spread by list size, rurality, dispensing and
    deprivation, and who gains and who loses against the present rules.

    With `Accept: text/csv` a sheet of the practices; with `Accept: image/svg+xml` a picture of how the pounds for each
    patient are spread, and of gains and losses.
    """
    version = await visible_version(session, scheme_id, n, caller)
    repository = SimulationRepository(session, session.tenant)
    row = await repository.get_of(scheme_id, n, simulation_id)
    practices = [service.as_simulated(each) for each in await repository.list_practices(row.id)]
    wanted = request.headers.get("accept", "")
    response.headers["Vary"] = "Accept"
    if "text/csv" in wanted:
        headers = {"Vary": "Accept", "Content-Disposition": f'attachment; filename="simulation-{row.id}.csv"'}
        return Response(simulation_sheet(practices), media_type="text/csv", headers=headers)
    if "image/svg+xml" in wanted:
        scheme = await service.get_scheme(session, scheme_id)
        picture = simulation_picture(f"{scheme.title}: version {version.n}", practices)
        return Response(picture, media_type="image/svg+xml", headers={"Vary": "Accept"})
    return _simulation(row, practices)


def _summary(row: SimulationRow) -> schemas.SimulationSummary:
    return schemas.SimulationSummary(
        id=row.id,
        scheme=row.scheme_id,
        version=row.n,
        words_digest=row.words_digest,
        counted_over=row.counted_over,  # pyright: ignore - the database checks it
        practices=row.practices,
        created_at=row.created_at,
    )


def _simulation(row: SimulationRow, practices: list[SimulatedPractice]) -> schemas.Simulation:
    before = [one.before for one in practices if one.before]
    changes = comparing.changes([one.now for one in practices], before)
    totals = spreading.group_of("all", practices)
    against = _against(row)
    spread = {name: spreading.spread(practices, grouping) for name, grouping in spreading.GROUPINGS.items()}
    return schemas.Simulation(
        id=row.id,
        scheme=row.scheme_id,
        version=row.n,
        words_digest=row.words_digest,
        counted_over=row.counted_over,  # pyright: ignore - the database checks it
        totals=_group(totals),
        budget=_pounds(row.budget),
        exceeds_budget=None if row.budget is None else totals.total.expected > row.budget,
        difference=difference_answer(against, changes) if against else None,
        spread=schemas.Spread(**{name: [_group(each) for each in groups] for name, groups in spread.items()}),
        practices=_practices(practices, changes),
        without_list=row.without_list,
        not_worked_out=row.not_worked_out,
        created_at=row.created_at,
    )


def _practices(practices: list[SimulatedPractice], changes: tuple[RangeChange, ...]) -> list[schemas.SimulatedPractice]:
    changed = {each.before.practice: each for each in changes}
    return [
        schemas.SimulatedPractice(
            **practice_cost(one.now, changed.get(one.now.practice)),
            registered=None if one.registered is None else plain(one.registered),
            list_size=spreading.size_band(one.registered),
            rurality=spreading.rurality(one.rural),
            dispensing=spreading.dispensing(one.dispensing),
            deprivation=spreading.deprivation(one.imd_decile),
        )
        for one in practices
    ]


def _against(row: SimulationRow) -> Compared | None:
    if row.against_scheme_id is None or row.against_n is None or row.over_from is None:
        return None
    return Compared(row.against_scheme_id, row.against_n, Period(row.over_from, row.over_until))


def _group(found: SimulatedGroup) -> schemas.SimulatedGroup:
    return schemas.SimulatedGroup(
        group=found.total.group,
        practices=found.total.practices,
        **cost_answer(found.total).model_dump(),
        patients=plain(found.patients),
        per_patient=_pounds(found.per_patient),
        change=_pounds(found.change),
    )


def _pounds(pence: int | None) -> str | None:
    return None if pence is None else format_pounds(pence)
