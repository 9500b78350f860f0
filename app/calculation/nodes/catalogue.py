"""Every kind that a definition may be made of. A new kind is its class and its name here; nothing else changes."""

from typing import Final

from app.calculation.language.reading import Catalogue
from app.calculation.nodes.counting import AmountMeasure, CountMeasure
from app.calculation.nodes.fixed import Fixed
from app.calculation.nodes.gate import Gate
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.needs import PostNeed
from app.calculation.nodes.per_head import PerHead
from app.calculation.nodes.per_session import PerSession
from app.calculation.nodes.pro_rata import ProRata
from app.calculation.nodes.total import Sum

CATALOGUE: Final = Catalogue(
    nodes={node.type: node for node in (PerHead, PerSession, Fixed, Sum, Gate, ProRata)},
    measures={measure.kind: measure for measure in (ListMeasure, CountMeasure, AmountMeasure)},
    needs={need.key: need for need in (PostNeed,)},
)
