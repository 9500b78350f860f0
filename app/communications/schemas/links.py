"""What the pages behind links send."""

from pydantic import BaseModel, ConfigDict, Field

from app.communications.values import Answer


class AnswerForm(BaseModel):
    """An answer from the page. What a button of the page does not need may be left out; anything else is left aside."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"examples": [{"name": "Ada Wren", "digest": "3f1c", "choice": "acknowledge"}]},
    )

    name: str = Field(default="", description="The name of whoever answers.")
    digest: str = Field(default="", description="As the page gave it: of what was answered.")
    choice: str = Field(default="", description="Which of the page's buttons was pressed.")
    signatory: str = ""
    capacity: str = ""
    reason: str = ""
    decision: str = ""
    text: str = ""
    due_on: str = ""
    may_be_named: str = ""
    on: list[str] = Field(default_factory=list, max_length=31, description="The days of sessions, one for each field.")

    def given(self) -> Answer:
        typed = self.model_dump(exclude={"may_be_named", "on"})
        return Answer(**typed, may_be_named=bool(self.may_be_named), days=tuple(self.on))


class StopForm(BaseModel):
    """RFC 8058: what a mail program sends to stop mail, and the page's button too."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [{"List-Unsubscribe": "One-Click"}]})

    list_unsubscribe: str = Field(default="", alias="List-Unsubscribe")
