"""What the person who uploads may say beside the file."""

from datetime import date

from app.core.clock import financial_year_start
from app.core.errors import FieldError
from app.organisations.adapters.cells import CellRefused, day
from app.organisations.errors import OptionInvalid
from app.organisations.ports import Options
from app.organisations.values import FileKind

_TAKEN = {
    FileKind.ODS_PRACTICES: "as_at",
    FileKind.ODS_MEMBERSHIPS: "as_at",
    FileKind.NETWORKS: "as_at",
    FileKind.LIST_SIZES: "as_at",
    FileKind.ADJUSTED_LISTS: "as_at",
    FileKind.PRACTICE_PROFILE: "as_at",
    FileKind.GP_PAYMENTS: "financial_year",
}


def check_options(kind: FileKind, options: Options) -> None:
    taken = _TAKEN.get(kind)
    if any(name != taken for name in options):
        raise OptionInvalid(f"Kind {kind} takes {f'the option {taken}' if taken else 'no option'} and no other.")


def chosen_day(options: Options) -> date | None:
    if "as_at" not in options:
        return None
    try:
        return day(options["as_at"])
    except CellRefused as refused:
        raise _invalid("as_at", refused.detail) from refused


def chosen_year(options: Options) -> date:
    """The first day of the financial year that the lists belong to: the file itself never says which it is."""
    try:
        return financial_year_start(options["financial_year"])
    except (KeyError, ValueError) as error:
        raise _invalid("financial_year", "It is required and written like 2014/15.") from error


def _invalid(name: str, detail: str) -> OptionInvalid:
    return OptionInvalid(detail, errors=[FieldError(f"/{name}", OptionInvalid.code, detail)])
