"""Drives another registry in an environment of its own: `python -P peer_driver.py NAME FOLDER`.

Questions come as lines of JSON, [operation, *arguments]; each is answered by a line [milliseconds, answer]. The time
is that of the operation alone, in this process. Nothing here imports this project: its packages are not there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

AUTHOR = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
COMMITTER = {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}

Item = dict[str, Any]
"""A model as peers take it: name, description, tags, and the path of its text."""


class Mlflow:
    """MLflow's registry in a SQLite file, used as its Python client is used without a server."""

    def __init__(self, folder: Path) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        from mlflow import MlflowClient  # type: ignore[import-not-found]

        self._file = folder / "mlflow.db"
        store = f"sqlite:///{self._file}"
        self._client = MlflowClient(tracking_uri=store, registry_uri=store)

    def stand(self, items: Sequence[Item]) -> int:
        """Let pairs stand as MLflow writes them, copied from the first by SQL: filling by MLflow takes minutes."""
        first, *others = items
        self.register([first])
        with closing(sqlite3.connect(self._file)) as database, database:
            for item in others:
                told = {"name": item["name"], "description": item["description"], "source": item["path"]}
                self._copy(database, "registered_models", first["name"], told)
                self._copy(database, "model_versions", first["name"], {**told, "storage_location": item["path"]})
                for tag in item["tags"]:
                    self._copy(database, "registered_model_tags", first["name"], {"name": item["name"], "key": tag})
        return len(items)

    def _copy(self, database: sqlite3.Connection, table: str, name: str, told: Mapping[str, str]) -> None:
        found = database.execute(f"select * from {table} where name = ? limit 1", (name,))
        row = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
        row |= {column: value for column, value in told.items() if column in row}
        places = ", ".join("?" for _ in row)
        database.execute(f"insert into {table} ({', '.join(row)}) values ({places})", tuple(row.values()))

    def register(self, items: Sequence[Item]) -> int:
        """Register pairs: a model with its tags and description, and its first version."""
        for item in items:
            tags = dict.fromkeys(item["tags"], "yes")
            self._client.create_registered_model(item["name"], tags=tags, description=item["description"])
            self._client.create_model_version(item["name"], source=item["path"], description=item["description"])
        return len(items)

    def get(self, name: str) -> list[str]:
        """Give name, description and newest version of a model."""
        model = self._client.get_registered_model(name)
        return [model.name, model.description, str(model.latest_versions[0].version)]

    def update(self, name: str, description: str) -> str:
        """Change the description."""
        return str(self._client.update_registered_model(name, description).description)

    def version(self, name: str, path: str) -> bool:
        """Add a version."""
        return int(self._client.create_model_version(name, source=path).version) > 1

    def page(self, size: int) -> int:
        """Give the first page of all models."""
        return self._found("", size)

    def every(self) -> int:
        """Read all models, page by page."""
        return self._found("", 0)

    def named(self, word: str, size: int = 0) -> int:
        """Find the models with a word in their name: the first page of a size, or all of them."""
        return self._found(f"name ILIKE '%{word}%'", size)

    def tagged(self, tag: str, size: int = 0) -> int:
        """Find the models with a tag: the first page of a size, or all of them."""
        return self._found(f"tags.{tag} = 'yes'", size)

    def _found(self, wanted: str, size: int) -> int:
        found, token = 0, None
        while True:
            page = self._client.search_registered_models(wanted or None, max_results=size or 1_000, page_token=token)
            found, token = found + len(page), page.token
            if size or not token:
                return found


class Gto:
    """GTO: versions are annotated tags of a Git repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not (folder / ".git").is_dir():
            self._git("init", "--quiet")
            (folder / "README.md").write_text("models\n")
            self._git("add", ".")
            self._git("commit", "--quiet", "-m", "first")

    def stand(self, items: Sequence[Item]) -> int:
        """Let first versions of models stand as GTO writes them, by Git alone: filling by GTO would take hours."""
        commit = self._git("rev-parse", "HEAD").strip()
        tagger = "tagger Ada <ada@example.org>"
        lines = [
            f"tag {item['id']}@v1.0.0\nfrom {commit}\n{tagger} {1_700_000_000 + place} +0000\ndata 1\n-\n"
            for place, item in enumerate(items)
        ]
        self._git("fast-import", "--quiet", "--force", given="".join(lines))
        return len(items)

    def register(self, items: Sequence[Item]) -> int:
        """Register first versions."""
        from gto import api  # type: ignore[import-not-found]

        for item in items:
            api.register(str(self._folder), item["id"], "HEAD", "v1.0.0", message="registered")
        return len(items)

    def every(self) -> int:
        """Read all models."""
        from gto import api

        return len(api.show(str(self._folder)))

    def _git(self, *command: str, given: str = "") -> str:
        surroundings = {**os.environ, **AUTHOR, **COMMITTER}
        asked = ["git", "-C", str(self._folder), *command]
        return subprocess.run(asked, input=given, env=surroundings, capture_output=True, text=True, check=True).stdout


PEERS: dict[str, Callable[[Path], object]] = {"mlflow": Mlflow, "gto": Gto}


def resident(_: object = None) -> int:
    """Give the bytes this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Answer until the input ends; the first line tells what opening took, and what the process holds."""
    os.environ.update(AUTHOR | COMMITTER)
    answers, sys.stdout = sys.stdout, sys.stderr
    began = perf_counter()
    peer = PEERS[sys.argv[1]](Path(sys.argv[2]))
    answers.write(json.dumps([1_000 * (perf_counter() - began), "open"]) + "\n")
    answers.flush()
    for line in sys.stdin:
        operation, *arguments = json.loads(line)
        began = perf_counter()
        answer = resident() if operation == "resident" else getattr(peer, operation)(*arguments)
        answers.write(json.dumps([1_000 * (perf_counter() - began), answer]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
