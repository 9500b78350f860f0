"""HTTP of where the money of schemes stands."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.http import Serving
from app.core.money import format_pounds
from app.core.pagination import link_header
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.router.root import router
from app.payments.rules.standing import add_up, position_csv, summed
from app.payments.schemas import budgets
from app.payments.values import AccountStand
from app.schemes.errors import SchemeNotFound

Reader = Annotated[Principal, require("runs:read")]


@router.get("/v1/incentive-schemes/{scheme_id}/budget", responses=error_responses(SchemeNotFound))
async def get_scheme_budget(
    scheme_id: UUID,
    params: Annotated[budgets.BudgetParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
) -> budgets.BudgetStand:
    """What the scheme may cost, what is due, what was posted and paid, and the accrual, at the end of a day; in all, and by
    cost centre, subjective and pay code.
    """
    on = params.on or serving.today()
    return _stand(await service.stand_of(session, scheme_id, on=on))


@router.get(
    "/v1/finance-position",
    response_model=budgets.FinancePosition,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_finance_position(
    params: Annotated[budgets.PositionParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | budgets.FinancePosition:
    """The money of all schemes of the financial year and of the one before, at the end of a day: for the accrual at the end
    of a month. It comes in pages by year and code of the scheme, and the sums are of the schemes of the page. With
    `Accept: text/csv` a row for each scheme and account, and a last row `control` with the sums, or `subtotal` while the
    `Link` header leads to more.
    """
    on, page = await service.position_of(
        session, on=params.on, today=serving.today(), params=params, cursors=serving.cursors
    )
    if page.next_cursor:
        response.headers["Link"] = link_header(str(request.url), page.next_cursor)
    stands = page.rows
    if _wants_csv(request):
        rows = [(stand.scheme.code, stand.scheme.financial_year, each) for stand in stands for each in stand.by_account]
        body = position_csv(on, rows, more=page.next_cursor is not None)
        return Response(body, media_type="text/csv; charset=utf-8", headers=dict(response.headers))
    every = [each for stand in stands for each in stand.by_account]
    return budgets.FinancePosition(
        on=on,
        by_cost_centre=[_cost_centre(each) for each in add_up(every)],
        schemes=[_stand(stand) for stand in stands],
        next_cursor=page.next_cursor,
        total=page.total,
        **_figures(summed(every)),
    )


def _wants_csv(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return "text/csv" in accepts and "application/json" not in accepts


def _stand(stand: service.BudgetStand) -> budgets.BudgetStand:
    return budgets.BudgetStand(
        scheme=stand.scheme.id,
        on=stand.on,
        financial_year=stand.scheme.financial_year,
        budget=None if stand.budget is None else format_pounds(stand.budget),
        by_cost_centre=[_cost_centre(each) for each in stand.by_account],
        not_worked_out=list(stand.not_worked_out),
        **_figures(stand.whole),
    )


def _cost_centre(stand: AccountStand) -> budgets.CostCentreStand:
    account = stand.account
    return budgets.CostCentreStand(
        cost_centre=account.cost_centre, subjective=account.subjective, pay_code=account.pay_code, **_figures(stand)
    )


def _figures(stand: AccountStand) -> dict[str, str]:
    return {name: format_pounds(pence) for name, pence in stand.figures().items()}
