"""Every kind that a definition may be made of. A new kind is its class and its name here; nothing else changes."""

from typing import Final

from app.calculation.language.reading import Catalogue
from app.calculation.nodes.bands import Band, Tiered
from app.calculation.nodes.booking import BookedAs
from app.calculation.nodes.bounding import Cap, Floor
from app.calculation.nodes.combining import BestOf, LeastOf
from app.calculation.nodes.component import OrganisationPayee
from app.calculation.nodes.counting import AmountMeasure, CountMeasure
from app.calculation.nodes.events import DatedRate, EventsMeasure, PerEvent
from app.calculation.nodes.factors import Factor, Times
from app.calculation.nodes.fixed import Fixed
from app.calculation.nodes.gate import Gate
from app.calculation.nodes.instalments import Advance, Instalments
from app.calculation.nodes.level import LevelMeasure
from app.calculation.nodes.linear import Linear
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.milestone import DoneMeasure, Item, Milestone
from app.calculation.nodes.needs import FactNeed, PostNeed
from app.calculation.nodes.per_head import PerHead
from app.calculation.nodes.per_session import PerSession
from app.calculation.nodes.pooled import Pooled
from app.calculation.nodes.post_held import PostHeldMeasure
from app.calculation.nodes.pro_rata import ProRata
from app.calculation.nodes.reimbursement import CappedReimbursement, CostsMeasure, UnitCap
from app.calculation.nodes.total import Sum

_NODES = (
    PerHead,
    PerSession,
    PerEvent,
    Fixed,
    Linear,
    Tiered,
    Milestone,
    CappedReimbursement,
    Pooled,
    Advance,
    Instalments,
    Sum,
    BestOf,
    LeastOf,
    Gate,
    Times,
    Cap,
    Floor,
    ProRata,
)
_MEASURES = (
    ListMeasure,
    CountMeasure,
    AmountMeasure,
    LevelMeasure,
    EventsMeasure,
    DoneMeasure,
    CostsMeasure,
    PostHeldMeasure,
)
CATALOGUE: Final = Catalogue(
    nodes={node.type: node for node in _NODES},
    measures={measure.kind: measure for measure in _MEASURES},
    needs={need.key: need for need in (PostNeed, FactNeed)},
)
# Small objects that nodes hold.
PARTS: Final = (OrganisationPayee, BookedAs, Factor, Band, DatedRate, UnitCap, Item)
