"""Many models for benchmarks: as long as real ones, with varied names, sizes and words, the same for the same seed.

python tests/benchmarks/many_models.py 1000 FOLDER      writes 1,000 files
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLACES = _words("maze river harbour orchard kitchen reef tunnel market glacier attic airport meadow cellar island")
ACTORS = _words("rover drone swimmer forager pilot nurse octopus robot pedestrian bee beaver sailor clerk gardener")
TASKS = _words(
    "navigation foraging tracking docking sorting grasping balancing scheduling learning exploration planning counting"
)
QUALITIES = _words("curious cautious noisy layered sparse patient nested hidden fast volatile habitual precise greedy")
FILLER = _words(
    "belief context cue energy evidence expectation habit horizon inference message noise outcome percept policy "
    "precision prediction preference prior reward risk sensor signal state surprise switch transition uncertainty value"
)
VERBS = _words("infers learns predicts avoids seeks compares forgets revises samples holds weighs follows")
SYLLABLES = _words("ba de fi go hu ka le mi no pu ra se ti vo wu xa ye zi")
AUTHORS = ("Ada Example", "Bo Muster", "Cleo Sample", "Dee Specimen", "Eli Exempel")
SECTIONS = ("ActInfPOMDP", "HMM", "MarkovChain")


def models(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Give file names and texts."""
    chance = Random(seed)
    for number in range(count):
        yield f"m{number:05d}.md", text(number, chance)


def text(number: int, chance: Random) -> str:
    """Write one model: its words, sizes and numbers are drawn, its structure is sound."""
    states, outcomes, actions = chance.randint(2, 6), chance.randint(2, 5), chance.randint(1, 4)
    actor, place, task, quality = (chance.choice(words) for words in (ACTORS, PLACES, TASKS, QUALITIES))
    passive, nickname = actions == 1, "".join(chance.choice(SYLLABLES) for _ in range(3))
    return f"""---
tags: [{task}, {place}, {"passive" if passive else "agent"}]
author: {chance.choice(AUTHORS)}
---
# {quality.title()} {actor} {number}

## GNNSection
{chance.choice(SECTIONS)}

## GNNVersionAndFlags
GNN v1

## ModelName
{quality.title()} {actor.title()} {nickname.title()} {number}

## ModelAnnotation
A {quality} {actor} named {nickname} in the {place}: {task}. {_prose(chance, 3)}

## StateSpaceBlock
A[{outcomes},{states},type=float]   # Likelihood: {_prose(chance, 1)}
B[{states},{states},{actions},type=float]   # Transition over [next, previous, action]
C[{outcomes},type=float]   # Preferences over {chance.choice(FILLER)}
D[{states},type=float]   # Prior over {place} states
s[{states},1,type=float]   # Hidden {chance.choice(FILLER)}
s_prime[{states},1,type=float]   # Next hidden state
o[{outcomes},1,type=int]   # {chance.choice(FILLER).title()} observed
u[1,type=int]   # Action of the {actor}
t[1,type=int]   # Time

## Connections
D>s
s-A
A-o
(s,u)-B
B-s_prime
C>u

## InitialParameterization
# {_prose(chance, 1)}
A={_matrix(chance, outcomes, states)}
B={{{",".join(_matrix_rows(chance, states, states, actions))}}}
C={{({",".join(f"{chance.uniform(-2, 2):.2f}" for _ in range(outcomes))})}}
D={{({",".join(_column(chance, states))})}}

## Equations
{_prose(chance, 2)}

## Time
{"Static" if passive else "Dynamic"}
DiscreteTime=t
ModelTimeHorizon={chance.randint(5, 50)}

## ActInfOntologyAnnotation
A=LikelihoodMatrix
B=TransitionMatrix
C=LogPreferenceVector
D=PriorOverHiddenStates
s=HiddenState
s_prime=NextHiddenState
o=Observation
u=Action
t=Time

## ModelParameters
num_hidden_states: {states}
num_obs: {outcomes}
num_actions: {actions}

## Footer
{quality.title()} {actor}
"""


def _prose(chance: Random, sentences: int) -> str:
    return " ".join(
        f"The {chance.choice(ACTORS)} {chance.choice(VERBS)} {chance.choice(FILLER)} and {chance.choice(FILLER)} "
        f"of the {chance.choice(PLACES)}."
        for _ in range(sentences)
    )


def _column(chance: Random, size: int) -> list[str]:
    """Give numbers of three digits that sum to 1."""
    cuts = sorted(chance.sample(range(1, 1_000), size - 1))
    return [f"{(after - before) / 1000:.3f}" for before, after in zip([0, *cuts], [*cuts, 1_000], strict=True)]


def _matrix(chance: Random, rows: int, columns: int) -> str:
    """Give a matrix whose columns sum to 1."""
    filled = [_column(chance, rows) for _ in range(columns)]
    lines = ("(" + ",".join(column[row] for column in filled) + ")" for row in range(rows))
    return "{\n  " + ",\n  ".join(lines) + "\n}"


def _matrix_rows(chance: Random, rows: int, columns: int, slices: int) -> Iterator[str]:
    """Give the rows of a tensor [next, previous, action]: each cell holds a number for each action."""
    filled = [[_column(chance, rows) for _ in range(columns)] for _ in range(slices)]
    for row in range(rows):
        cells = ("(" + ",".join(filled[each][column][row] for each in range(slices)) + ")" for column in range(columns))
        yield "\n  (" + ",".join(cells) + ")"


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, written in models(int(sys.argv[1])):
        (folder / name).write_text(written, "utf-8")
