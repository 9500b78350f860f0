"""Use cases of payments: working a run out, deciding about it, settling it with the ledger, and the budget's stand."""

from app.payments.repository.queries import count_overdue_queries
from app.payments.repository.runs import count_unacknowledged_releases
from app.payments.rules.ceiling import COMPONENT as BUDGET_COMPONENT
from app.payments.rules.owing import is_waivable, most_now, most_per_run
from app.payments.rules.remittances import line_html, makes_pdf, remittance_html, remittance_pdf
from app.payments.rules.working import work_out
from app.payments.rules.written import corrected_digest, statement_bytes, with_unknown
from app.payments.service.answering import (
    answer_query,
    approve_correction,
    assign_query,
    correct_again,
    escalate_overdue,
    query_brief,
    refuse_correction,
)
from app.payments.service.asking import (
    FullQuery,
    changes_seen,
    get_query,
    knows_proposals,
    list_queries,
    open_query,
    share_query,
    withdraw_query,
    write_message,
)
from app.payments.service.budgeting import BudgetStand, position_of, stand_of
from app.payments.service.changes import effects_of_practice_change
from app.payments.service.deciding import approve_run, reject_run, release_run
from app.payments.service.filing import layout_of, put_layout, render_file
from app.payments.service.following import require_statements_of
from app.payments.service.freezing import freeze_run
from app.payments.service.lines import FullLine, get_line
from app.payments.service.looking_back import PeriodThen, StatementThen, statement_then
from app.payments.service.owing import agree, agreed_debt, list_balances, propose_recovery, propose_waiver
from app.payments.service.persons import export_person
from app.payments.service.reading import (
    get_run,
    get_statement,
    list_released,
    list_statements,
)
from app.payments.service.remitting import get_released, remittance_of
from app.payments.service.running import (
    fail_run,
    publish_run,
    record_written,
    request_run,
    stop_run,
    write_statements,
)
from app.payments.service.sending import render_sent, send_run
from app.payments.service.settings import settle_approval
from app.payments.service.settling import Loaded, record_acknowledgements
from app.payments.service.supplying import confirm_supplier, propose_supplier
from app.payments.service.telling import released_statements
from app.payments.service.watching import find_late, watch_runs

__all__ = [
    "BUDGET_COMPONENT",
    "BudgetStand",
    "FullLine",
    "FullQuery",
    "Loaded",
    "PeriodThen",
    "StatementThen",
    "agree",
    "agreed_debt",
    "answer_query",
    "approve_correction",
    "approve_run",
    "assign_query",
    "changes_seen",
    "confirm_supplier",
    "correct_again",
    "corrected_digest",
    "count_overdue_queries",
    "count_unacknowledged_releases",
    "effects_of_practice_change",
    "escalate_overdue",
    "export_person",
    "fail_run",
    "find_late",
    "freeze_run",
    "get_line",
    "get_query",
    "get_released",
    "get_run",
    "get_statement",
    "is_waivable",
    "knows_proposals",
    "layout_of",
    "line_html",
    "list_balances",
    "list_queries",
    "list_released",
    "list_statements",
    "makes_pdf",
    "most_now",
    "most_per_run",
    "open_query",
    "position_of",
    "propose_recovery",
    "propose_supplier",
    "propose_waiver",
    "publish_run",
    "put_layout",
    "query_brief",
    "record_acknowledgements",
    "record_written",
    "refuse_correction",
    "reject_run",
    "release_run",
    "released_statements",
    "remittance_html",
    "remittance_of",
    "remittance_pdf",
    "render_file",
    "render_sent",
    "request_run",
    "require_statements_of",
    "send_run",
    "settle_approval",
    "share_query",
    "stand_of",
    "statement_bytes",
    "statement_then",
    "stop_run",
    "watch_runs",
    "with_unknown",
    "withdraw_query",
    "work_out",
    "write_message",
    "write_statements",
]
