"""What a line says: one sentence and the tree of workings, put together again from what its run froze."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from app.calculation.values import Explanation
from app.core.db import Tx
from app.core.money import format_pounds
from app.core.wording import pounds_text
from app.payments.rules import working
from app.payments.rules.references import line_reference
from app.payments.service.freezing import load_parts
from app.payments.tables import PaymentLine, PaymentStatement
from app.payments.values import Part, StatementLine

log = structlog.get_logger("plenary.payments")
Explained = dict[tuple[UUID, int], Explanation]
"""By statement and number of the line."""


async def explain(
    session: Tx,
    statements: Sequence[PaymentStatement],
    lines: Mapping[UUID, Sequence[PaymentLine]],
) -> Explained:
    """Two queries for any number of runs. Lines of the first releases keep the words that were stored with them."""
    found: Explained = {}
    waiting: defaultdict[UUID, list[PaymentStatement]] = defaultdict(list)
    for statement in statements:
        for line in lines[statement.id]:
            if line.sentence is not None and line.workings is not None:
                found[line.statement_id, line.no] = Explanation(line.sentence, line.workings)
        if any(line.sentence is None for line in lines[statement.id]):
            waiting[statement.run_id].append(statement)
    if not waiting:
        return found
    parts = await load_parts(session, {run: [each.practice for each in several] for run, several in waiting.items()})
    # In a thread: where practices share something all of them are worked out, and others are served meanwhile.
    return found | await asyncio.to_thread(_explained, waiting, parts, lines)


def _explained(
    waiting: Mapping[UUID, Sequence[PaymentStatement]],
    parts: Mapping[UUID, Sequence[Part]],
    lines: Mapping[UUID, Sequence[PaymentLine]],
) -> Explained:
    found: Explained = {}
    for run_id, several in waiting.items():
        worked = {each.practice: each.lines for each in working.work_out(parts.get(run_id, ()), ()).statements}
        for statement in several:
            found |= _paired(statement, lines[statement.id], worked.get(statement.practice, ()))
    return found


def _paired(statement: PaymentStatement, stored: Sequence[PaymentLine], worked: Sequence[StatementLine]) -> Explained:
    """The same inputs lead to the same figures. Where they do not, the figure stands without workings: those of another
    figure would be worse than none.
    """
    found: Explained = {}
    for line in stored:
        if line.sentence is not None:
            continue
        again = worked[line.no - 1] if line.no <= len(worked) else None
        if again is None or (again.component, again.amount) != (line.component, line.amount):
            log.error("line_not_reproduced", line=line_reference(statement.reference, line.no))
            found[line.statement_id, line.no] = _unexplained(line)
        else:
            found[line.statement_id, line.no] = again.explain()
    return found


def _unexplained(line: PaymentLine) -> Explanation:
    return Explanation(
        f"{pounds_text(line.amount)} as it was worked out then; the rules as they are built today do not lead to it again.",
        {"operator": "as_released", "value": format_pounds(line.amount), "inputs": []},
    )
