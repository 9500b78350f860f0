"""Use cases of organisations: one async function per verb."""

from app.organisations.service.leads import record_named_lead, record_named_leads
from app.organisations.service.members import select_member_practices

__all__ = ["record_named_lead", "record_named_leads", "select_member_practices"]
