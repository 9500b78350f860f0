"""What a line says: one sentence and the tree of workings, put together again from what its run froze."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.calculation.values import Explanation
from app.core.db import Tx
from app.payments.errors import LineNotReproduced
from app.payments.rules import working
from app.payments.rules.references import line_reference
from app.payments.service.freezing import load_parts
from app.payments.tables import PaymentLine, PaymentRun, PaymentStatement
from app.payments.values import StatementLine

Explained = dict[tuple[UUID, int], Explanation]
"""By statement and number of the line."""


async def explain(
    session: Tx,
    runs: Mapping[UUID, PaymentRun],
    statements: Sequence[PaymentStatement],
    lines: Mapping[UUID, Sequence[PaymentLine]],
) -> Explained:
    """Two queries for each run. Lines of the first releases keep the words that were stored with them."""
    found: Explained = {}
    waiting: defaultdict[UUID, list[PaymentStatement]] = defaultdict(list)
    for statement in statements:
        for line in lines[statement.id]:
            if line.sentence is not None and line.workings is not None:
                found[line.statement_id, line.no] = Explanation(line.sentence, line.workings)
        if any(line.sentence is None for line in lines[statement.id]):
            waiting[statement.run_id].append(statement)
    for run_id, several in waiting.items():
        parts = await load_parts(session, runs[run_id], [each.practice for each in several])
        worked = {each.practice: each.lines for each in working.work_out(parts, ()).statements}
        for statement in several:
            found |= _paired(statement, lines[statement.id], worked.get(statement.practice, ()))
    return found


def _paired(statement: PaymentStatement, stored: Sequence[PaymentLine], worked: Sequence[StatementLine]) -> Explained:
    """The same inputs lead to the same figures, or nothing is said: an explanation of another figure would be worse."""
    found: Explained = {}
    for line in stored:
        if line.sentence is not None:
            continue
        again = worked[line.no - 1] if line.no <= len(worked) else None
        if again is None or (again.component, again.amount) != (line.component, line.amount):
            raise LineNotReproduced(f"It is {line_reference(statement.reference, line.no)}.")
        found[line.statement_id, line.no] = again.explain()
    return found
