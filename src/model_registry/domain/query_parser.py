"""What people type, read into a Query.

query := all ("OR" all)*            all  := one ("AND"? one)*
one   := ("NOT" | "-") one | field ":" part | fact | part
part  := "(" query ")" | "phrase" | word | prefix* | fuzzy~ | *
fact  := name (":" | "=" | ">" | ">=" | "<" | "<=") value
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from model_registry.asked import as_text
from model_registry.domain.columns import NUMBERS
from model_registry.domain.conditions import FACTS, condition, is_fact
from model_registry.domain.query import (
    SOURCE,
    And,
    Everything,
    Fuzzy,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Text,
    Where,
    Word,
)
from model_registry.domain.words import parts, spellings
from model_registry.errors import SearchError

FIELDS = (
    *("name", "description", "tag", "author", "variable", "ontology"),
    *("comment", "equation", "inside", "source"),
)
LONGEST_QUERY = 10_000
MOST_TERMS = 64
DEEPEST = 24

_PLURALS = {f"{field}s": field for field in ("name", "tag", "author", "variable", "comment", "equation")}
_FACT_PLURALS = {f"{fact}s": fact for fact in ("kind", "edge", "param")}
_AS_TEXT = 'to search for the text itself, put it in "quotes"'
_QUOTES = str.maketrans("“”„«»", '"""""')
_KNOWN = "|".join((*FIELDS, *_PLURALS))
_FACTS = "|".join((*FACTS, *_FACT_PLURALS, *NUMBERS, r"performance(?:\.[\w-]+)?"))
_VALUE = r"""(?:"[^"]*"|(?:\[[^\[\]]*\]|[^\s()"])+)"""
_FACT = re.compile(rf"([\w.-]+)(>=|<=|[:=<>])({_VALUE})")
_LEXEMES = re.compile(
    rf"""(?P<space>\s+)
      | (?P<open>\()
      | (?P<close>\))
      | "(?P<phrase>[^"]*)"
      | (?P<quote>")
      | (?P<operator>(?:AND|OR|NOT)(?![^\s()"]))
      | (?P<minus>-(?=[^\W_]|["(*-]))
      | (?P<fact>(?i:(?:{_FACTS})(?:[<>]=?|=)|(?!(?:{_KNOWN}):)(?:{_FACTS}):){_VALUE})
      | (?P<compared>[A-Za-z][\w.-]*)(?=[<>]=?-?\d)
      | (?P<field>(?i:{_KNOWN}|{_FACTS})(?=:(?![:/]))|[A-Za-z]+(?=:(?:[^\W\d_]|["(*]))):
      | (?P<chunk>[^\s()"]+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    text: str
    at: int


def parse_query(text: str) -> Query:
    """Read a query: words (all are wanted), "phrases", AND, OR, NOT or -word, parentheses, prefix*, fuzzy~, field:word.

    Facts are asked for by name: `states>4`, `kind:pomdp`, `has:B[3,3,2]` (see `domain.conditions`).
    Nothing or a lone `*` asks for everything. Any other text gives a query or a SearchError that tells the place.
    """
    if len(as_text(text, "query", SearchError)) > LONGEST_QUERY:
        raise SearchError(
            f"the query has {len(text)} characters; {LONGEST_QUERY} are the most", hint="search for fewer words"
        )
    if text.strip() in ("", "*"):
        return Everything()
    return _Parser(list(_lex(text.translate(_QUOTES))), len(text)).whole()


def _lex(text: str) -> Iterator[_Lexeme]:
    for match in _LEXEMES.finditer(text):
        kind = str(match.lastgroup)
        lexeme = _Lexeme(kind, match[kind], match.start())
        if kind == "quote":
            raise _expected('a closing "', lexeme.at, hint="close the phrase, or leave the quote out")
        if kind != "space" and not (kind == "chunk" and _is_noise(lexeme.text)):
            yield lexeme


def _is_noise(chunk: str) -> bool:
    """Tell whether a piece of text has no word in it, such as a dash between words."""
    return "*" not in chunk and not spellings(chunk)


class _Parser:
    """Recursive descent; every method reads what its name says and leaves the next lexeme in place."""

    def __init__(self, lexemes: list[_Lexeme], end: int) -> None:
        self._lexemes = [*lexemes, _Lexeme("end", "", end)]
        self._next = 0
        self._terms = 0

    def whole(self) -> Query:
        query = self._any(None, 0)
        if self._peek().kind == "close":
            raise _expected("no )", self._peek().at, hint="remove it, or open the parenthesis it closes")
        return query

    def _any(self, field: str | None, depth: int) -> Query:
        parts = [self._all(field, depth)]
        while self._take("operator", "OR"):
            parts.append(self._all(field, depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, field: str | None, depth: int) -> Query:
        parts = [self._one(field, depth)]
        while self._take("operator", "AND") or self._another():
            parts.append(self._one(field, depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _another(self) -> bool:
        lexeme = self._peek()
        return lexeme.kind not in ("end", "close") and lexeme.text != "OR"

    def _one(self, field: str | None, depth: int) -> Query:
        lexeme = self._advance()
        if depth > DEEPEST:
            raise _expected(f"at most {DEEPEST} levels", lexeme.at, hint="use fewer parentheses and NOTs")
        if lexeme.kind == "minus" or (lexeme.kind, lexeme.text) == ("operator", "NOT"):
            return Not(self._one(field, depth + 1))
        if lexeme.kind == "field":
            return self._one(_field(lexeme), depth + 1)
        if lexeme.kind in ("fact", "compared"):
            return self._fact(lexeme)
        if lexeme.kind == "open":
            return self._group(lexeme, field, depth + 1)
        if lexeme.kind in ("phrase", "chunk"):
            return self._leaf(lexeme, field)
        raise _expected("a word", lexeme.at, hint='to search for AND, OR, NOT or ( as text, put it in "quotes"')

    def _group(self, opening: _Lexeme, field: str | None, depth: int) -> Query:
        query = self._any(field, depth)
        if self._advance().kind != "close":
            raise _expected("a closing )", opening.at, hint="close the parenthesis that opens here")
        return query

    def _fact(self, lexeme: _Lexeme) -> Query:
        if lexeme.kind == "compared":
            raise _unknown(lexeme, (*NUMBERS, "performance", "version", "updated", "created"), "number to compare")
        self._count(lexeme, 1)
        return _fact(lexeme)

    def _count(self, lexeme: _Lexeme, words: int) -> None:
        self._terms += words
        if self._terms > MOST_TERMS:
            raise _expected(f"at most {MOST_TERMS} words", lexeme.at, hint="search for fewer words")

    def _leaf(self, lexeme: _Lexeme, field: str | None) -> Query:
        words = spellings(lexeme.text)
        self._count(lexeme, max(1, len(parts(lexeme.text))))
        if lexeme.text == "*":
            return Everything()
        if not words:
            raise _expected("a word", lexeme.at, hint="write a letter or a digit to search for")
        return _phrase(words, field) if lexeme.kind == "phrase" else _chunk(lexeme, words, field)

    def _peek(self) -> _Lexeme:
        return self._lexemes[self._next]

    def _advance(self) -> _Lexeme:
        lexeme = self._peek()
        if lexeme.kind != "end":
            self._next += 1
        return lexeme

    def _take(self, kind: str, text: str) -> bool:
        found = (self._peek().kind, self._peek().text) == (kind, text)
        self._next += found
        return found


def _chunk(lexeme: _Lexeme, words: list[str], field: str | None) -> Query:
    text = lexeme.text
    if "*" in text[:-1]:
        raise _expected("* only at the end of a word", lexeme.at, hint=f'write {words[0]}*, or quote "{words[0]}"')
    if text[-1] not in "*~":
        return _phrase(words, field)
    if text[-1] == "~" and field == SOURCE:
        raise _expected("a word as it is written", lexeme.at, hint="leave the ~ out: source: finds no near spellings")
    last = Prefix(words[-1], field) if text[-1] == "*" else Fuzzy(words[-1], field)
    return And((_phrase(words[:-1], field), last)) if words[:-1] else last


def _phrase(words: list[str], field: str | None) -> Query:
    return Word(words[0], field) if len(words) == 1 else Phrase(tuple(words), field)


def _fact(lexeme: _Lexeme) -> Where:
    """Read a fact, and make sure that it can be asked for."""
    match = _FACT.fullmatch(lexeme.text)
    assert match is not None
    name, dot, metric = match[1].partition(".")
    name = _FACT_PLURALS.get(name.lower(), name.lower())
    where = Where(name + dot + metric, match[2], match[3].strip('"'))
    try:
        condition(where)
    except ValueError as expected:
        raise _expected(f"{expected} after {match[1]}{match[2]}", lexeme.at, hint=_AS_TEXT) from None
    return where


def _field(lexeme: _Lexeme) -> str:
    name = lexeme.text.lower()
    name = _PLURALS.get(name, name)
    if name in FIELDS:
        return name
    if is_fact(_FACT_PLURALS.get(name, name)):
        example = f"{name}:a OR {name}:b"
        raise _expected(f"a value right after {name}:", lexeme.at, hint=f"for one of several values write {example}")
    raise _unknown(lexeme, FIELDS, "field")


def _unknown(lexeme: _Lexeme, fields: tuple[str, ...], what: str) -> SearchError:
    name, known = lexeme.text.lower(), (*fields, *FACTS, *NUMBERS)
    near = [field for field in fields if field.startswith(name)] or get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}{':' if what == 'field' else ''}? " if near else ""
    return SearchError(
        f"there is no {what} {name[:40]}{':' if what == 'field' else ''} (character {lexeme.at + 1})",
        code="unknown_field",
        where=f"character {lexeme.at + 1}",
        hint=f"{meant}Known are {', '.join(dict.fromkeys(fields))}; {_AS_TEXT}",
        position=lexeme.at,
    )


def _expected(what: str, at: int, *, hint: str) -> SearchError:
    where, hint = f"character {at + 1}", f"{hint[:1].upper()}{hint[1:]}."
    return SearchError(f"the query cannot be read: expected {what} at {where}", where=where, hint=hint, position=at)


def relax(query: Query) -> Query | None:
    """Give the query that wants any of the top-level words instead of all; None when that would be no wider.

    What is excluded stays so, and facts and texts stay wanted.
    """
    if not isinstance(query, And):
        return None
    wanted = tuple(part for part in query.parts if not _is_firm(part))
    kept = tuple(part for part in query.parts if _is_firm(part))
    if len(wanted) < 2:
        return None
    return And((Or(wanted), *kept)) if kept else Or(wanted)


def _is_firm(part: Query) -> bool:
    return isinstance(part, Not | Where) or (isinstance(part, Text) and part.field == SOURCE)


def leaves(query: Query) -> Iterator[Text]:
    """Give the words that a query looks for, in order, without what it excludes."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Word() | Phrase() | Prefix() | Fuzzy():
            yield query


def terms(query: Query) -> tuple[str, ...]:
    """Give the words a query looks for, each once, in order."""
    found: dict[str, None] = {}
    for leaf in leaves(query):
        found.update(dict.fromkeys(leaf.words if isinstance(leaf, Phrase) else (leaf.text,)))
    return tuple(found)
