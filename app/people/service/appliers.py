"""Who writes the rows of a commissioner's own files. It stands here because no slice above takes a file."""

from typing import Final

from app.organisations import service as organisations
from app.organisations.values import FileKind
from app.people.service.spreadsheet import apply_people

APPLIERS: Final = {
    FileKind.LOCALITIES: organisations.apply_localities,
    FileKind.MEMBERS: organisations.apply_members,
    FileKind.PEOPLE: apply_people,
}
