"""How models are found: by words, facts and texts, by what they are alike, and as a list. Nothing here writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from model_registry.asked import as_text
from model_registry.domain.answers import FACETS, MOST_VALUES, Answer, Answers, ordered, page_of, weighed
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.conditions import Condition, exactly
from model_registry.domain.entry import ModelEntry
from model_registry.domain.filters import VISIBLE, conditions
from model_registry.domain.found import Found, Mask, Numbers, Scores
from model_registry.domain.lifecycle import State
from model_registry.domain.matching import facts
from model_registry.domain.paging import decode_cursor, encode_cursor, foreign_cursor, page_size
from model_registry.domain.query import SOURCE, Query, Word
from model_registry.domain.query_parser import leaves, parse_query, relax, terms
from model_registry.domain.resolve import find_model
from model_registry.domain.shelf import SORTS, Look, Page, Shelf
from model_registry.domain.similarity import LEAST, Likeness, likeness, likest, similarity
from model_registry.domain.snippet import Passages
from model_registry.domain.source import Source
from model_registry.domain.views import hit_view, model_summary
from model_registry.errors import SearchError
from model_registry.finder import Finder
from model_registry.ports import Usage
from model_registry.trail import Trail, past_position

View = dict[str, Any]
AsOf = int | str | None

DEPRECATED = exactly("state", State.DEPRECATED.value)


class Searching(Trail):
    """The part of a registry that finds models."""

    _finder: Finder
    _usage: Usage
    _answers: Answers

    def list_models(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        sort: str = "name",
        limit: int = 50,
        cursor: str = "",
        as_of: AsOf = None,
    ) -> View:
        """List models, archived and deleted ones only when `filters` asks for their state; one page at a time."""
        if as_text(sort, "sort", SearchError) not in SORTS:
            raise SearchError(
                f"cannot sort by {sort[:80]!r}", code="bad_sort", where="sort", hint=f"Sort by {', '.join(SORTS)}."
            )
        catalogue, scope = self._catalogue(as_of), f"list {sort}"
        look = (self._finder.shelf if as_of is None else Shelf(self._finder.anatomy_of)).look(catalogue)
        last, _, before = decode_cursor(cursor, scope) if cursor else (None, 0, catalogue.position.seq)
        found = self._page(look, look.find(conditions(filters)), sort, last, page_size(limit))
        behind = found.start + len(found.ids)
        more = encode_cursor(scope, found.last, behind, catalogue.position.seq) if behind < found.total else None
        return {
            "items": [model_summary(catalogue.entries[model_id]) for model_id in found.ids],
            "total": found.total,
            "next_cursor": more,
            "moved": before != catalogue.position.seq,
        }

    def facets(self, filters: Mapping[str, Any] | None = None) -> dict[str, dict[str, int]]:
        """Count what the models of a list have in common (kinds, tags and the like), the commonest values of each."""
        look = self._finder.shelf.look(self._ledger.catalogue())
        return look.commonest(FACETS, np.flatnonzero(look.find(conditions(filters))), MOST_VALUES)

    def search_models(
        self,
        query: str = "",
        filters: Mapping[str, Any] | None = None,
        *,
        limit: int | None = 20,
        cursor: str = "",
    ) -> View:
        """Find models by words (name, tags, description, author, and what the model declares), best first.

        Bare words must all be found; when nothing has them all, any of them will do and `relaxed` says so. Facts are
        asked for by name (`states>4`, `kind:pomdp`, `has:B[3,3,2]`, `edge:s>o`, `param:A~uniform`), texts by `source:`.
        An empty query lists. Raises only SearchErrors.
        """
        asked = parse_query(query)
        wanted = conditions(filters, any_state=any(fact.field == "state" for fact in facts(asked)))
        catalogue = self._ledger.catalogue()
        scope = f"search {_digest(query, filters)}"
        last, start, before = decode_cursor(cursor, scope) if cursor else ("", 0, catalogue.position.seq)
        look = self._finder.shelf.look(catalogue)
        kept = self._answers.find((look.of, scope, before))
        answer = kept or self._answer(catalogue, look, asked, query, wanted, scope)
        size = page_size(limit) if limit else max(1, len(answer.numbers))
        start, numbers = page_of(answer, int(look.numbers([last])[0]), start, size)
        shown = look.ids(numbers)
        items = self._told(catalogue, look, asked, numbers, answer.scores[start : start + size])
        more = start + size < len(answer.numbers)
        self._usage.count(hits=shown)
        return {
            "items": items,
            "total": len(answer.numbers),
            "next_cursor": encode_cursor(scope, shown[-1], start + size, answer.position) if more else None,
            "moved": before != catalogue.position.seq,
            "facets": answer.facets,
            "suggestions": list(answer.suggestions),
            "relaxed": answer.relaxed,
            "complete": answer.complete,
            "index": self._finder.state(),
            "position": catalogue.position.seq,
        }

    def find_similar_models(self, model_id: str = "", *, source: Source | None = None, limit: int = 10) -> View:
        """Find models like a registered one, or like a text: copies under other names first, with the reasons."""
        catalogue = self._ledger.catalogue()
        if source is not None:
            subject, own = self._likeness_of(source), ""
        else:
            entry = find_model(catalogue, model_id)
            subject, own = self._likeness(entry), entry.id
        found, total = self._alike(catalogue, subject, own, page_size(limit), self._same(catalogue, subject))
        items = [
            model_summary(catalogue.entries[other]) | {"score": score, "why": self._reasons(catalogue, subject, other)}
            for other, score in found
        ]
        return {"items": items, "total": total, "next_cursor": None}

    def _alike(
        self,
        catalogue: Catalogue,
        subject: Likeness,
        own: str,
        most: int,
        same: Iterable[str] = (),
        least: float = LEAST,
    ) -> tuple[list[tuple[str, float]], int]:
        """Give the models in use that are most alike, with how much, and how many are at least so much alike."""
        look = self._finder.shelf.look(catalogue)
        scores = likest(look, subject, same, least)
        if not scores.any():
            return [], 0
        scores = np.where(look.find([VISIBLE]), scores, 0.0).round(3)
        scores[look.numbers([own] if own in catalogue.entries else [])] = 0.0
        total = int(np.count_nonzero(scores))
        least = np.partition(scores, -most)[-most] if most < total else 0.0
        numbers = np.flatnonzero((scores >= least) & (scores > 0))
        rows = sorted(zip((-scores[numbers]).tolist(), look.ids(numbers), strict=True))[:most]
        return [(other, -score) for score, other in rows], total

    def _same(self, catalogue: Catalogue, subject: Likeness) -> Iterator[str]:
        """Give the models whose current version is this one, whatever its names."""
        for key in dict.fromkeys((subject.fingerprint, subject.structure)):
            for model_id, version in catalogue.with_content(key):
                if catalogue.entries[model_id].current == version.version:
                    yield model_id

    def _reasons(self, catalogue: Catalogue, subject: Likeness, other: str) -> list[str]:
        return similarity(subject, self._likeness(catalogue.entries[other]))[1]

    def _page(self, look: Look, mask: Mask, sort: str, last: object, size: int) -> Page:
        """Give the page of a list that begins behind the last key shown."""
        try:
            return look.page(mask, sort, tuple(last) if isinstance(last, list) else None, size)
        except TypeError:
            raise foreign_cursor() from None

    def _catalogue(self, as_of: AsOf) -> Catalogue:
        return self._ledger.catalogue() if as_of is None else self._ledger.at(past_position(as_of))

    def _answer(
        self, catalogue: Catalogue, look: Look, asked: Query, query: str, wanted: tuple[Condition, ...], scope: str
    ) -> Answer:
        """Find the answer to a query at this position of the log, and keep it for the pages to come."""
        answer = self._found(catalogue, look, asked, query, wanted)
        if answer.complete:
            self._answers.keep((look.of, scope, answer.position), answer)
        return answer

    def _found(
        self, catalogue: Catalogue, look: Look, asked: Query, query: str, wanted: tuple[Condition, ...]
    ) -> Answer:
        allowed = look.find(wanted)
        found, complete = self._finder.find(catalogue, look, asked, allowed)
        empty = not found.mask.any()
        looser = relax(asked) if empty else None
        if looser is not None:
            found, complete = self._finder.find(catalogue, look, looser, allowed)
        numbers, scores = self._ordered(look, found)
        return Answer(
            catalogue.position.seq,
            numbers.astype(np.int32),
            scores,
            look.commonest(FACETS, numbers, MOST_VALUES),
            relaxed=looser is not None and len(numbers) > 0,
            complete=complete,
            suggestions=self._suggestions(catalogue, asked, query) if empty else (),
        )

    def _ordered(self, look: Look, found: Found) -> tuple[Numbers, Scores]:
        """Give the models found, best first, with their scores; of equal ones the more read first, then the newer."""
        reads = np.zeros(look.count + 1, np.intp)  # the last place is for models that are not here
        read = {model_id: use.reads for model_id, use in self._usage.used().items() if use.reads}
        if read:
            reads[look.numbers(read)] = list(read.values())
        numbers = look.newest_first(found.mask)
        scores = weighed(found.scores[numbers], look.which(numbers, DEPRECATED))
        order = ordered(scores, reads[numbers])
        return numbers[order], scores[order]

    def _suggestions(self, catalogue: Catalogue, asked: Query, query: str) -> tuple[str, ...]:
        """Give the query with the words that no model has spelled as some model spells them."""
        better = query
        for leaf in leaves(asked):
            if isinstance(leaf, Word) and leaf.field != SOURCE:
                spelled = self._finder.spelling(catalogue, leaf.text)
                if spelled:
                    better = re.sub(rf"(?<!\w){re.escape(leaf.text)}(?!\w)", spelled, better)
        return (better,) if better != query else ()

    def _told(self, catalogue: Catalogue, look: Look, asked: Query, numbers: Numbers, scores: Scores) -> list[View]:
        """Give the hits of a page: each with the fields that have the words, and the passage where they stand."""
        fields = self._finder.fields(catalogue, look, asked, numbers)
        passages, words = Passages(asked), len(terms(asked))
        hits = []
        for number, model_id, score in zip(numbers.tolist(), look.ids(numbers), scores.tolist(), strict=True):
            entry = catalogue.entries[model_id]
            passage = self._passage(entry, passages, words)
            hits.append(hit_view(entry, score) | {"matched": list(fields.get(number, ())), "snippet": passage})
        return hits

    def _passage(self, entry: ModelEntry, passages: Passages, words: int) -> str:
        """Give the passage with the most of the words: of the description, unless the text has a better one."""
        described = passages.snippet(entry.metadata.description)
        if described.words >= words:
            return described.text
        inside = passages.snippet(passages.around(self._finder.text_of(entry) or ""))
        return described.text if described.words >= inside.words else inside.text

    def _likeness(self, entry: ModelEntry) -> Likeness:
        return likeness(entry.current_version, self._finder.anatomy_of(entry), entry.metadata)

    def _likeness_of(self, source: Source, given: Mapping[str, Any] | None = None) -> Likeness:
        raise NotImplementedError


def _digest(query: str, filters: Mapping[str, Any] | None) -> str:
    """Give what tells one question from another, short enough for a cursor."""
    asked = json.dumps([query, filters], default=str, sort_keys=True)
    return sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
