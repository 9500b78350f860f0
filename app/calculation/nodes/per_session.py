"""The node `per_session`: a rate for each session that was held."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_RATE, DecimalString
from app.calculation.language.structures import MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.counting import CountMeasure
from app.calculation.rules.earning import Earning, Payer, Run, Told
from app.calculation.rules.exact import Exact, exact_text, pounds_value, simple
from app.calculation.rules.wording import measured_text, rate_text
from app.calculation.values import PracticeInput
from app.core.wording import span_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PerSession(Component):
    """Pays the rate times the sessions counted.

    300.00 for each of 5 sessions is 1,500.00. Where at most two a month are paid, a third session in May is counted,
    said and not paid. This is the shape of protected learning time in North Central London.
    """

    type: ClassVar[str] = "per_session"
    price: ClassVar[str | None] = "rate"
    rate: Decimal = field(
        metadata=member(DecimalString(MOST_RATE), "Pounds for each session, as a decimal string.", "300.00")
    )
    measure: CountMeasure = field(metadata=member(MeasureName(CountMeasure), "What counts as a session."))

    def sentence(self) -> str:
        return f"Pays {rate_text(self.rate)} for each session: {self.measure.words()}.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        measure, rate = self.measure.prepare(run), pence(self.rate)
        rate_workings: dict[str, Any] = {
            "operator": "rate",
            "value": str(self.rate),
            "per": "session",
            "inputs": [],
        }

        def pay(practice: PracticeInput) -> list[Earning]:
            found = measure(practice)
            sessions = found.value or 0
            earned = simple(rate * sessions)

            def tell() -> Told:
                inputs = [rate_workings, found.workings]
                tree = {"operator": self.type, "value": pounds_value(earned), "inputs": inputs}
                return Told(self._text(sessions, found.words, run), " = ", tree)

            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=tell,
                    payee=self.payee_value(),
                    quantity=exact_text(sessions),
                    rate=str(self.rate),
                    bounded=found.bounded,
                )
            ]

        return pay

    def _text(self, sessions: Exact, cut: str, run: Run) -> str:
        text = f"{rate_text(self.rate)} a session x {measured_text(sessions, 'session')}"
        if cut:
            return f"{text} ({_first_session(cut)})"
        return text if sessions else f"{text} from {span_text(run.period)}"


def _first_session(cut: str) -> str:
    """Says once what the figures count: 3 sessions in May, 2 paid; 4 in June, 2 paid."""
    number, separator, rest = cut.partition(" in ")
    if not separator:
        return cut
    return f"{number} {'session' if number == '1' else 'sessions'} in {rest}"
