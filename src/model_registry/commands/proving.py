"""Commands that prove what stands in the log, and check such proofs without it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from model_registry.commands import shown
from model_registry.commands.door import Door, View, command
from model_registry.commands.options import ModelId, Output
from model_registry.errors import StorageError

PANEL = "Prove"

ProofFile = Annotated[Path, typer.Argument(metavar="PROOF", help="What `prove` wrote; - reads the standard input.")]
Root = Annotated[str, typer.Option("--root", metavar="HEAD", help="What `head` printed: SIZE:HASH, or HASH.")]


@command("head", PANEL, shown.head)
def head(door: Door) -> View:
    """Print the head of the log, SIZE:HASH; note it elsewhere to find later whether the log was changed."""
    return door.registry.head()


@command("prove", PANEL, shown.proof)
def prove(door: Door, model_id: ModelId, output: Output = None) -> View | None:
    """Prove that a version was registered: a small JSON text that `verify` checks without the registry."""
    proof = door.registry.prove(model_id)
    if output is None:
        return proof
    door.write(output, json.dumps(proof, indent=1) + "\n")
    return None


@command("verify", PANEL, shown.proven)
def verify(door: Door, proof: ProofFile, root: Root) -> View:
    """Check a proof against the head of a log; exit code 1 when it does not hold. Needs no registry."""
    from model_registry.domain.proof import read_proof, verify_proof

    return verify_proof(read_proof(_content(proof)), root)


def _content(path: Path) -> bytes:
    """Read the file of a proof, and no more of it than a proof may have."""
    from model_registry.domain.proof import MOST_BYTES

    if str(path) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with path.expanduser().open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise StorageError(
            f"{str(path)!r} cannot be read: {error.strerror}",
            code="unreadable",
            where=str(path),
            hint="Name the file that `model-registry prove -o FILE` wrote.",
        ) from error
