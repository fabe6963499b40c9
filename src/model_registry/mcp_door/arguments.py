"""The arguments of the tools: each described and constrained once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OneModel = Annotated[str, Field(description="Model id", max_length=200)]
ModelId = Annotated[str, Field(description="Id, id@version, id@^1.2 or id@alias", max_length=200)]
AnyModelId = Annotated[str, Field(description="Model id; empty for all", max_length=200)]
NewModelId = Annotated[
    str, Field(description="Id to register as; empty derives it from ModelName", pattern="^[a-z0-9_-]{0,64}$")
]
Version = Annotated[str, Field(description="Number, range (^1.2) or alias", max_length=100)]
AnyVersion = Annotated[str, Field(description="Number, range (^1.2) or alias; else the current", max_length=100)]
NewVersion = Annotated[str, Field(description="SemVer number; empty computes it from the changes", max_length=100)]
Alias = Annotated[str, Field(description="Such as production", max_length=64)]
ModelPath = Annotated[str, Field(description="GNN file below the server's roots", max_length=4_096)]
SourceText = Annotated[str, Field(description="GNN text, or give model_path", max_length=4_000_000)]
Metadata = Annotated[
    dict[str, Any],
    Field(
        description="name, description, author, tags [str], performance {metric: number}, "
        'dependencies ["id@^1.2", "pypi:numpy>=1.20"], and keys of your own'
    ),
]
Reason = Annotated[str, Field(description="Why, for the trail", max_length=2_000)]
OpId = Annotated[str, Field(description="Your id of this call, for safe retries", max_length=200)]
Revision = Annotated[int | None, Field(description="The revision you saw")]
Limit = Annotated[int, Field(description="Items wanted", ge=1, le=100)]
Cursor = Annotated[str, Field(description="next_cursor of the page before", max_length=4_000)]
AsOf = Annotated[str, Field(description="Past date, moment (UTC) or event number", max_length=40)]
Moment = Annotated[str, Field(description="Date or moment, ISO 8601 UTC", max_length=40)]
Offset = Annotated[int, Field(description="Character to start at", ge=0)]
Detail = Annotated[Literal["concise", "full"], Field(description="concise leaves out what is long")]
Sort = Annotated[Literal["id", "name", "updated", "created", "versions"], Field(description="Order")]
Query = Annotated[
    str,
    Field(
        description='Words, "phrases", AND OR NOT, prefix*, fuzzy~; tag: author: variable: ontology: source:WORD; '
        "facts kind:pomdp states>4 performance.accuracy>=0.8 version:^1.2 updated>2026-01-01 has:B[3,3,2] edge:s>o "
        "param:A~uniform. All forms: registry://help/query",
        max_length=10_000,
    ),
]
AllowLower = Annotated[bool, Field(description="With a reason: take a smaller step than the changes need")]
Force = Annotated[bool, Field(description="With a reason: let contradicting dependencies stand")]
IfExists = Annotated[
    Literal["version", "error"], Field(description="For a known ModelName: a new version, or a refusal")
]
Confirm = Annotated[str, Field(description="The model id again, where the user cannot be asked", max_length=200)]
Folder = Annotated[str, Field(description="Directory below the server's roots", min_length=1, max_length=4_096)]


class Filters(BaseModel):
    """Conditions a model must meet; any fact of the query language is a key too.

    The registry names the near miss of an unknown key.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=lambda schema: schema.pop("description"))

    tags: list[str] | None = None
    author: str | None = None
    state: list[Literal["active", "deprecated", "archived", "deleted", "any"]] | None = None
    kinds: Annotated[list[str] | None, Field(description="pomdp, hmm, mdp, hierarchical ...")] = None
    min_performance: float | None = None
    performance: Annotated[dict[str, float] | None, Field(description="Least value per metric")] = None
    version: Annotated[str | None, Field(description="Range")] = None
    updated_after: str | None = None
    updated_before: str | None = None
    metadata: Annotated[dict[str, Any] | None, Field(description="Keys of your own")] = None

    def given(self) -> dict[str, Any]:
        """Give the conditions that were named."""
        return self.model_dump(exclude_unset=True)


Wanted = Annotated[Filters, Field(description='Conditions, all of them; also facts: {"states": ">4", "has": ["B"]}')]
