"""What there is to read about asking and about metadata: it says what holds, for it is made of the deciding tables."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import mcp.types as t
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client

from asking import call
from model_registry.bootstrap import memory_registry
from model_registry.config import MetadataConfig
from model_registry.domain.conditions import FACTS
from model_registry.domain.filters import FILTERS, KEYS
from model_registry.domain.metadata import read_given, validate
from model_registry.domain.query_parser import FIELDS
from model_registry.mcp_door.bounds import MOST_BYTES
from model_registry.mcp_door.metadata_schema import KEYWORDS, RULES, metadata_schema
from model_registry.mcp_door.query_help import (
    FACT_EXAMPLES,
    FIELD_EXAMPLES,
    FILTER_EXAMPLES,
    NUMBER_EXAMPLES,
    WORDS,
    query_help,
)
from model_registry.metadata_rules import RULE_FORMS
from model_registry.registry import Registry
from texts import coin, source

QUERIES = [
    query for rows in (WORDS, FIELD_EXAMPLES.values(), *FACT_EXAMPLES.values(), NUMBER_EXAMPLES) for query, _ in rows
]


async def read(client: Client, uri: str) -> tuple[str | None, str]:
    contents = (await client.read_resource(uri)).contents[0]
    assert isinstance(contents, t.TextResourceContents)
    return contents.mime_type, contents.text


@pytest.mark.anyio
async def test_the_help_on_queries_is_a_page_that_fits(reader: Client) -> None:
    media_type, text = await read(reader, "registry://help/query")
    assert (media_type, text) == ("text/markdown", query_help())
    assert len(text.encode()) <= MOST_BYTES


def test_the_help_shows_every_field_fact_and_filter_there_is() -> None:
    assert FIELD_EXAMPLES.keys() == set(FIELDS)
    assert FACT_EXAMPLES.keys() == FACTS.keys()
    assert FILTER_EXAMPLES.keys() == FILTERS.keys()
    words = set(re.findall(r"[\w.]+", query_help()))
    assert words >= {*FIELDS, *FACTS, *KEYS}


def test_every_example_of_a_field_or_fact_asks_for_it() -> None:
    for name, examples in [*((field, (row,)) for field, row in FIELD_EXAMPLES.items()), *FACT_EXAMPLES.items()]:
        for query, _ in examples:
            assert re.match(rf"{name}[:<>=]", query), query


@pytest.fixture(scope="module")
def coins() -> Registry:
    """Give a registry whose one model has what most examples ask for."""
    registry = memory_registry()
    text = coin(annotation="Judges from one toss whether a coin is fair. A fair coin is a probable coin.")
    registry.register_model(source(text), {"tags": ["toy"]})
    return registry


@pytest.mark.parametrize("query", QUERIES)
def test_every_example_of_a_query_can_be_asked(query: str, coins: Registry) -> None:
    assert coins.search_models(query)["complete"]


@pytest.mark.parametrize(
    "query", ["coin judge", "prob*", "tag:toy", "has:A", "edge:D>s", "param:D~uniform", "source:fair"]
)
def test_the_forms_find_what_they_say(query: str, coins: Registry) -> None:
    assert [hit["id"] for hit in coins.search_models(query)["items"]] == ["coin-judge"]


@pytest.mark.parametrize("key", FILTER_EXAMPLES)
def test_every_example_of_a_filter_can_be_asked(key: str, coins: Registry) -> None:
    assert "total" in coins.list_models({key: FILTER_EXAMPLES[key][0]})


@pytest.mark.anyio
async def test_the_schema_of_metadata_is_that_of_the_settings(reader: Client) -> None:
    media_type, text = await read(reader, "registry://help/metadata-schema")
    assert media_type == "application/schema+json"
    assert json.loads(text) == metadata_schema(MetadataConfig())


def test_the_schema_names_required_fields_and_rules_as_configured() -> None:
    config = MetadataConfig(
        required_fields=("name", "licence"),
        validation_rules={"name": "min_length:3|max_length:80", "tags": "one_of:toy,real", "size": "range:-5--1"},
        validation_enabled=False,
        auto_extraction=False,
    )
    schema = metadata_schema(config)
    fields = schema["properties"]
    assert schema["required"] == ["name", "licence"]
    assert schema["x-validation"] == "reported"
    assert "need not be given" not in schema["description"]
    assert (fields["name"]["minLength"], fields["name"]["maxLength"]) == (3, 80)
    assert fields["name"][RULES] == "min_length:3|max_length:80"
    assert fields["tags"]["items"]["enum"] == ["toy", "real"]
    assert (fields["size"]["minimum"], fields["size"]["maximum"]) == (-5, -1)


def test_every_kind_of_rule_has_a_form_in_the_schema() -> None:
    assert KEYWORDS.keys() == RULE_FORMS.keys()


@pytest.mark.parametrize("config", [MetadataConfig(), MetadataConfig(validation_rules={"note": "min_length:2"})])
def test_the_schema_is_itself_valid(config: MetadataConfig) -> None:
    jsonschema.Draft202012Validator.check_schema(metadata_schema(config))


WORD = st.sampled_from(["toy", "real", "a", "abcdef", "xyz"])
FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": WORD,
    "description": WORD,
    "tags": st.lists(WORD, min_size=1, max_size=3, unique=True),
    "performance": st.dictionaries(st.sampled_from(["score", "loss"]), st.floats(-2, 2), min_size=1),
    "stage": WORD,
    "size": st.integers(-9, 9) | st.floats(-9, 9),
}
RULE_TEXTS: dict[str, list[str]] = {
    "name": ["min_length:3", "pattern:^[a-x]+$", "one_of:toy,a", "min_length:2|max_length:3"],
    "description": ["max_length:3"],
    "tags": ["min_length:2", "pattern:^[a-x]", "one_of:toy,real"],
    "performance": ["range:0-1"],
    "stage": ["one_of:toy,real", "min_length:4", "min_length:2|max_length:4"],
    "size": ["range:-3-3", "range:-5--1"],
}


@settings(deadline=None)
@given(
    st.fixed_dictionaries({}, optional=FIELD_VALUES),
    st.fixed_dictionaries({}, optional={field: st.sampled_from(rules) for field, rules in RULE_TEXTS.items()}),
    st.sets(st.sampled_from([*FIELD_VALUES])),
)
def test_the_schema_accepts_exactly_what_the_rules_accept(
    metadata: dict[str, Any], rules: dict[str, str], required: set[str]
) -> None:
    config = MetadataConfig(required_fields=tuple(sorted(required)), validation_rules=rules)
    given_ = read_given(metadata)
    fields = {**given_.fields, **given_.extra} | ({"performance": given_.performance} if given_.performance else {})
    assert jsonschema.Draft202012Validator(metadata_schema(config)).is_valid(metadata) is (not validate(fields, config))


@pytest.mark.anyio
async def test_a_result_links_to_what_it_is_about(client: Client) -> None:
    assert await linked(client, "get_model_info", model_id="coin-judge") == ["registry://models/coin-judge"]
    assert await linked(client, "search_models", query="judge") == [
        f"registry://models/{hit['id']}" for hit in (await call(client, "search_models", query="judge"))["items"]
    ]
    assert await linked(client, "register_model", source=coin("Card Judge")) == ["registry://models/card-judge"]
    piece = await linked(client, "get_model_source", model_id="coin-judge")
    assert piece == ["registry://models/coin-judge/versions/1.1.0/source"]
    compared = await linked(client, "compare_model_versions", model_id="coin-judge", version1="1.0.0", version2="1.1.0")
    assert compared == ["registry://models/coin-judge/compare/1.0.0/1.1.0"]
    assert await linked(client, "get_audit_trail") == []


@pytest.mark.anyio
async def test_links_can_be_read_and_stay_few(client: Client, registry: Registry) -> None:
    for number in range(30):
        registry.register_model(source(coin(f"Judge {number:02d}", heads=0.3 + number / 100)))
    uris = await linked(client, "list_models", limit=30)
    assert len(uris) == 3
    for uri in uris:
        assert json.loads((await read(client, uri))[1])["uri"] == uri


@pytest.mark.anyio
async def test_links_fit_beside_their_result(client: Client, registry: Registry) -> None:
    for number in range(60):
        long = {"description": "very long " * 900, "note": "more " * 1_800}
        registry.register_model(source(coin(f"Judge {number:02d}", heads=0.3 + number / 200)), long)
    result = await client.call_tool("list_models", {"limit": 100})
    assert (
        sum(len(block.model_dump_json(by_alias=True, exclude_none=True)) for block in result.content) <= 2 * MOST_BYTES
    )
    assert (
        sum(len(getattr(block, "text", "") or str(getattr(block, "uri", ""))) for block in result.content) <= MOST_BYTES
    )


async def linked(client: Client, tool: str, **arguments: Any) -> list[str]:
    """Give the URIs that a result links to."""
    result = await client.call_tool(tool, arguments)
    return [str(block.uri) for block in result.content if isinstance(block, t.ResourceLink)]
