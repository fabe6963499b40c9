"""How well and how fast models are found, beside SQLite's FTS5 and a linear scan over the same documents.

    python tests/benchmarks/search.py [--models 10000] [--corpus FOLDER]

Quality: nDCG@10 over the judged queries of tests/data/relevance.json, on the shipped examples and the corpus given.
Speed: the plain words of those queries and some of the generated models' own, over many generated models; each query
is asked for the first time by a process, anew (no kept answer), and once more as a repeated question. All engines are
measured in the same run. First searches stand beside a bare import and opening of Whoosh, each in a new process; the
index is measured as it grew and as it lies when built anew.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log2
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.many_models import models
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain.answers import Answers
from model_registry.domain.query import And, Or, Query, Word
from model_registry.domain.query_parser import parse_query
from model_registry.domain.search import Document
from model_registry.domain.source import Source
from model_registry.domain.words import stem, tokens
from model_registry.errors import RegistryError
from model_registry.registry import Registration, Registry

HERE = Path(__file__).resolve().parent
JUDGED = HERE.parent / "data" / "relevance.json"
EXAMPLES = HERE.parents[1] / "src" / "model_registry" / "examples"

OWN_QUERIES = (
    *(
        "octopus",
        "octopus glacier",
        "curious octopus",
        "navigation maze",
        "gardener meadow",
        "bafego",
        "precision reward",
    ),
    *("pilot OR nurse", "belief", "name:rover", "tag:docking", "ontology:LikelihoodMatrix", '"hidden state"', "glac*"),
    *("states>5", "states>4 octopus", "has:B[3,3,2]", "edge:s-A nurse", "kind:hmm", "octopos"),
)
BATCH = 64


def judged() -> Mapping[str, Mapping[str, int]]:
    """Give how well each model answers each query."""
    queries: Mapping[str, Mapping[str, int]] = json.loads(JUDGED.read_text())["queries"]
    return queries


def ndcg(found: Sequence[str], relevance: Mapping[str, int], first: int = 10) -> float:
    """Give the normalised discounted cumulative gain of the first hits (Järvelin and Kekäläinen 2002), from 0 to 1."""
    best = _gain(sorted(relevance.values(), reverse=True)[:first])
    return _gain([relevance.get(model_id, 0) for model_id in found[:first]]) / best if best else 1.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def quality(registry: Registry, queries: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Give nDCG@10 for each judged query of which the registry holds a relevant model."""
    known = registry.catalogue().entries
    scores = {}
    for query, relevance in queries.items():
        answerable = {model_id: grade for model_id, grade in relevance.items() if model_id in known}
        if answerable:
            found = [hit["id"] for hit in registry.search_models(query, limit=10)["items"]]
            scores[query] = ndcg(found, answerable)
    return scores


def read(registry: Registry, folders: Sequence[Path]) -> Registry:
    """Register every model below some folders."""
    for path in sorted(path for folder in folders for path in folder.rglob("*.md")):
        try:
            registry.register_model(Source(path.read_bytes(), path.name))
        except RegistryError as error:
            print(f"{path.name}: {error.message}", file=sys.stderr)
    return registry


def generated(place: Path, count: int) -> Registry:
    """Register generated models."""
    registry = open_registry(place)
    wishes = [Registration(Source(text.encode(), name)) for name, text in models(count)]
    for start in range(0, count, BATCH):
        registry.register_models(wishes[start : start + BATCH])
        registry.catch_up()
    return registry


class Fts:
    """SQLite's FTS5 over the same words, with the same weights for name, tags, description and the rest."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("create virtual table d using fts5(id unindexed, name, tags, description, rest)")
        rows = [(each.id, each.name, " ".join(each.tags), each.description, _rest(each)) for each in documents]
        self._connection.executemany("insert into d values (?, ?, ?, ?, ?)", rows)

    def search(self, query: str) -> list[str]:
        """Give the best 20 of all hits."""
        sql = "select id from d where d match ? order by bm25(d, 0, 3, 2, 1, 0.6) limit 20"
        return [row[0] for row in self._connection.execute(sql, (query,))]


def scan(stems: Mapping[str, frozenset[str]]) -> Callable[[str], list[str]]:
    """Give a search that looks at every document."""

    def search(query: str) -> list[str]:
        wanted = {stem(token.word) for token in tokens(query)}
        return [model_id for model_id, known in stems.items() if wanted <= known][:20]

    return search


def _rest(document: Document) -> str:
    parts = (document.author, *document.variables, *document.ontology, document.comment, document.equation)
    return " ".join((*parts, document.inside))


def plain(queries: Sequence[str]) -> Iterator[str]:
    """Give the queries of words alone, which the peers understand too."""
    return (query for query in queries if _is_plain(parse_query(query)) and query.replace(" ", "").isalpha())


def _is_plain(query: Query) -> bool:
    match query:
        case Word(_, field):
            return field is None
        case And(parts):
            return all(map(_is_plain, parts))
        case Or():
            return False
    return False


def timed(search: Callable[[str], object], queries: Sequence[str], repeat: int = 5) -> list[float]:
    """Give the time of each query in milliseconds, the median of some."""
    return [median(_once(search, query) for _ in range(repeat)) for query in queries]


def _once(search: Callable[[str], object], query: str) -> float:
    start = perf_counter()
    search(query)
    return (perf_counter() - start) * 1_000


def _row(name: str, times: Sequence[float]) -> str:
    p95 = quantiles(times, n=20)[-1]
    return f"{name:52}{len(times):>8}{median(times):>10.2f}{p95:>10.2f}{max(times):>10.2f}"


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


BARE = """
import sys, time
import numpy
began = time.process_time()
import warnings
warnings.simplefilter("ignore")
import whoosh.codec.whoosh3
from whoosh import fields, index, qparser, query, sorting
from whoosh.filedb.filestore import FileStorage
FileStorage(sys.argv[1], supports_mmap=False).open_index().searcher()
print(1_000 * (time.process_time() - began))
"""

FIRST = """
import sys, time
from model_registry.bootstrap import open_registry
registry = open_registry(sys.argv[1])
registry.catalogue()
began = time.process_time()
registry.search_models(sys.argv[2])
print(1_000 * (time.process_time() - began))
"""

STARTS = 7


def first_searches(place: Path) -> Iterator[str]:
    """Give lines that tell what the first search of a process takes of the processor, beside Whoosh alone."""
    folder = place / "index" / (place / "index" / "CURRENT").read_text().strip()
    bare = [_ran(BARE, str(folder)) for _ in range(STARTS)]
    yield _row("a process: Whoosh imported, opened", bare)
    for query in ("octopus glacier", "octopus", "hidden markov model"):
        times = [_ran(FIRST, str(place), query) for _ in range(STARTS)]
        row = _row(f"a process: first search, {query}", times)
        yield f"{row}   {median(times) / median(bare):.1f} times Whoosh alone"


def _ran(code: str, *arguments: str) -> float:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout)


def size(place: Path, sources: int, models: int, when: str) -> str:
    """Give the line that tells how large the index is."""
    index = _bytes(place / "index")
    return f"index {when}: {index:,} bytes, {index / models:,.0f} a model, {index / sources:.2f} of the sources"


def speed(registry: Registry, place: Path) -> Iterator[str]:
    """Give the lines of the table."""
    sources = sum(entry.current_version.size for entry in registry.catalogue().entries.values())
    yield size(place, sources, len(registry.catalogue().entries), "as it grew")
    registry.update_indexes()
    yield size(place, sources, len(registry.catalogue().entries), "built anew")
    queries = list(dict.fromkeys((*OWN_QUERIES, *judged())))
    entries = registry.catalogue().entries.values()
    documents = [registry._finder._document(entry) for entry in entries]
    fts = Fts(documents)
    words = {each.id: f"{each.name} {each.description} {' '.join(each.tags)} {_rest(each)}" for each in documents}
    looked = scan({key: frozenset(stem(token.word) for token in tokens(text)) for key, text in words.items()})

    def anew(query: str) -> object:
        registry._answers = Answers()
        return registry.search_models(query)

    yield f"{'milliseconds':52}{'queries':>8}{'p50':>10}{'p95':>10}{'max':>10}"
    fresh = open_registry(place)
    fresh.search_models("wu")
    yield _row("all queries, for the first time", timed(fresh.search_models, queries, repeat=1))
    yield _row("all judged and own queries", timed(anew, queries))
    yield _row("the same, asked again", timed(registry.search_models, queries))
    alike = list(plain(queries))
    yield _row("plain words: this registry", timed(anew, alike))
    yield _row("plain words: SQLite FTS5", timed(fts.search, alike))
    yield _row("plain words: linear scan", timed(looked, alike))
    lists = [{"tags": "docking"}, {"states": ">4"}, {"kinds": "pomdp"}, {"has": "B[3,3,2]"}, {}]
    times = [median(_once(lambda _, each=each: registry.list_models(each), "") for _ in range(9)) for each in lists]  # type: ignore[misc]
    yield _row("lists and filters", times)
    yield from first_searches(place)


def main() -> None:
    """Print both tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--models", type=int, default=10_000)
    asked.add_argument("--corpus", type=Path)
    given = asked.parse_args()
    folders = [EXAMPLES, *([given.corpus] if given.corpus else [])]
    scores = quality(read(memory_registry(), folders), judged())
    for query, score in sorted(scores.items(), key=lambda row: row[1])[:10]:
        print(f"{score:6.3f}  {query}")
    print(f"nDCG@10 {sum(scores.values()) / len(scores):.3f} over {len(scores)} queries")
    with tempfile.TemporaryDirectory() as place:
        registry = generated(Path(place), given.models)
        for line in speed(registry, Path(place)):
            print(line)


if __name__ == "__main__":
    main()
