"""A new kind of node is one class: nothing else has to know it."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.calculation.language.document import read_definition
from app.calculation.language.members import member
from app.calculation.language.reading import Catalogue
from app.calculation.language.schema import definition_schema
from app.calculation.language.structures import AnyNode
from app.calculation.nodes.catalogue import CATALOGUE
from app.calculation.rules.earning import Payer, PayingNode, Run, Said, closed
from app.calculation.service import describe, evaluate
from tests.factories.calculation import QUARTER, fixed, practice, raw_definition, total


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCode(PayingNode):
    """Pays what is below it to the practice whose code comes last."""

    type: ClassVar[str] = "last_code"
    then: PayingNode = field(metadata=member(AnyNode(), "What is paid."))

    def sentence(self) -> str:
        return "Only the practice whose code comes last is paid."

    def prepare(self, run: Run) -> Payer:
        last = max(each.code for each in run.practices)
        pay = self.then.prepare(run)
        return lambda each: [earning if each.code == last else closed(earning, say=self._said) for earning in pay(each)]

    def _said(self) -> Said:
        return Said("it is not last", {"operator": self.type, "inputs": []})


EXTENDED = Catalogue({**CATALOGUE.nodes, "last_code": LastCode}, CATALOGUE.measures, CATALOGUE.needs)


def test_a_new_node_is_read_paid_said_and_published():
    raw = raw_definition(total(fixed(), {"type": "last_code", "then": fixed(component="prize")}))
    parsed = read_definition(raw, catalogue=EXTENDED)
    results = evaluate(parsed, period=QUARTER, practices=[practice("Y1"), practice("Y2")])
    assert [[line.amount for line in result.lines] for result in results] == [[10_000, 0], [10_000, 10_000]]
    assert results[0].lines[1].sentence == "Not paid, because it is not last: 0.00."
    assert "Only the practice whose code comes last is paid." in describe(parsed)
    published = definition_schema(catalogue=EXTENDED)
    assert published["$defs"]["LastCode"]["properties"]["type"]["const"] == "last_code"
    assert {"$ref": "#/$defs/LastCode"} in published["$defs"]["Node"]["oneOf"]
