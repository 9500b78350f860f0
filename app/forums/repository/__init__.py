"""Every SELECT, lock and write of forums."""

from app.forums.repository.forums import ForumRepository, MemberRepository
from app.forums.repository.issues import IssueRepository, ResponseRepository, StepRepository, SupporterRepository

__all__ = [
    "ForumRepository",
    "IssueRepository",
    "MemberRepository",
    "ResponseRepository",
    "StepRepository",
    "SupporterRepository",
]
