"""A model, and for each kind of change the one edit that makes it: text before, text after, the name it is told by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

BASE = """\
---
author: Ada
tags: [door, small]
---
# GNN Example: Door Watcher
# A guard listens at a door.

## GNNSection
ActInfPOMDP

## GNNVersionAndFlags
GNN v1.1
strict=true

## ModelName
Door Watcher

## ModelAnnotation
A door is open or shut, and can only be heard.

## StateSpaceBlock
# The generative model
A[3,2,type=float]                   # Likelihood of each sound
B[2,2,2,type=float]                 # Transition of the door
C[3,type=float]                     # Log-preference over sounds
D[2,type=float]                     # Prior over the door
s[2,1,type=float]                   # Hidden state: the door (0:open, 1:shut)
s_prime[2,1,type=float]             # The door one step later
o[3,1,type=int]                     # Sound heard
π[2,type=float]                     # Policy
u[1,type=int]                       # Chosen action
w[2,type=float,default=uniform]     # Attention to each ear
k[n_bins,type=int]                  # Histogram of sounds
t[1,type=int]                       # Time step

## Observations
noise[1,type=float]                 # Level of noise

## Connections
# Perception
D>s
s-A
A>o:hears                           # the ear
(s, u)>B
B>s_prime
s_prime|w
C>π
π>u
(o, w, noise)>k

## InitialParameterization
# Columns are the door
A={(0.9, 0.2), (0.06, 0.3), (0.04, 0.5)}    # outcome by state
B={((0.8, 1.0), (0.3, 0.0)), ((0.2, 0.0), (0.7, 1.0))}
C={(1.0, 0.0, -1.0)}
D={(0.5, 0.5)}
w=softmax(noise)

## Equations
# Belief update
s = softmax(ln D + ln A[o])
s_prime = B[u] s

## Time
Time=t
Dynamic
Discrete
ModelTimeHorizon=10
StepSize=0.5

## ActInfOntologyAnnotation
A=LikelihoodMatrix
B=TransitionMatrix
C=LogPreferenceVector
s=HiddenState
o=Observation

## ModelParameters
num_hidden_states: 2
num_obs: 3
learning_rate: 0.1
b_tensor_order: next_state_previous_state_action

## Wiring Plan
The left ear is the better one.

## Footer
A small model.

## Signature
Ada
"""


class Edit(NamedTuple):
    """One edit of the base text that makes one change."""

    name: str
    before: str
    after: str


EDITS: Mapping[str, Edit] = {
    "variable-removed": Edit("t", "t[1,type=int]                       # Time step\n", ""),
    "variable-renamed": Edit("ear", "w", "ear"),
    "variable-dims": Edit("s", "s[2,1,type=float]", "s[2,type=float]"),
    "variable-type-class": Edit("o", "o[3,1,type=int]", "o[3,1,type=float]"),
    "variable-type": Edit("u", "u[1,type=int]", "u[1,type=categorical]"),
    "variable-default": Edit("w", "default=uniform", "default=ones"),
    "variable-added": Edit("m", "t[1,type=int] ", "m[4,type=float]\nt[1,type=int] "),
    "edge-removed": Edit("C>π", "C>π\n", ""),
    "edge-reduced": Edit("s>B", "(s, u)>B", "s>B"),
    "edge-reversed": Edit("π>C", "C>π", "π>C"),
    "edge-directedness": Edit("s>A", "s-A", "s>A"),
    "edge-operator": Edit("s_prime>w", "s_prime|w", "s_prime>w"),
    "edge-label": Edit("A>o", "A>o:hears", "A>o:emits"),
    "edge-extended": Edit("(D, t)>s", "D>s", "(D, t)>s"),
    "edge-added": Edit("t>B", "D>s", "D>s\nt>B"),
    "parameter-removed": Edit("D", "D={(0.5, 0.5)}\n", ""),
    "parameter-shape": Edit("C", "C={(1.0, 0.0, -1.0)}", "C={(1.0, 0.0)}"),
    "parameter-values": Edit("A", "(0.9, 0.2), (0.06, 0.3)", "(0.8, 0.2), (0.16, 0.3)"),
    "parameter-rounding": Edit("A", "(0.9, 0.2), (0.06, 0.3)", "(0.9005, 0.2), (0.0595, 0.3)"),
    "parameter-text": Edit("w", "w=softmax(noise)", "w=softmax(2 * noise)"),
    "parameter-added": Edit("noise", "D={(0.5, 0.5)}", "D={(0.5, 0.5)}\nnoise=0.1"),
    "ontology-role": Edit("s", "s=HiddenState", "s=Observation"),
    "ontology-refined": Edit("A", "A=LikelihoodMatrix", "A=RecognitionMatrix"),
    "ontology-removed": Edit("o", "o=Observation\n", ""),
    "ontology-added": Edit("D", "o=Observation", "o=Observation\nD=Prior"),
    "time-regime": Edit("dynamic", "Dynamic", "Static"),
    "time-discretisation": Edit("discrete", "Discrete", "Continuous"),
    "time-stated": Edit("discrete", "Discrete\n", ""),
    "time-variable": Edit("variable", "Time=t", "Time=k"),
    "time-horizon": Edit("horizon", "ModelTimeHorizon=10", "ModelTimeHorizon=20"),
    "time-setting": Edit("StepSize", "StepSize=0.5", "StepSize=0.25"),
    "dimension-parameter-removed": Edit("num_obs", "num_obs: 3\n", ""),
    "dimension-parameter-changed": Edit("num_obs", "num_obs: 3", "num_obs: 4"),
    "axis-order-removed": Edit("b_tensor_order", "b_tensor_order: next_state_previous_state_action\n", ""),
    "axis-order-changed": Edit(
        "b_tensor_order", "next_state_previous_state_action", "action_next_state_previous_state"
    ),
    "model-parameter-removed": Edit("learning_rate", "learning_rate: 0.1\n", ""),
    "model-parameter-changed": Edit("learning_rate", "learning_rate: 0.1", "learning_rate: 0.2"),
    "model-parameter-added": Edit("planning_depth", "num_obs: 3", "num_obs: 3\nplanning_depth: 2"),
    "equations": Edit("equations", "s_prime = B[u] s", "s_prime = B[u] s + noise"),
    "language-major": Edit("language_version", "GNN v1.1", "GNN v2.1"),
    "language-version": Edit("language_version", "GNN v1.1", "GNN v1.2"),
    "section-kind": Edit("section", "ActInfPOMDP", "ActInfHMM"),
    "flag": Edit("strict", "strict=true", "strict=false"),
    "name": Edit("name", "## ModelName\nDoor Watcher", "## ModelName\nDoor Keeper"),
    "title": Edit("title", "# GNN Example: Door Watcher", "# GNN Example: The Door"),
    "annotation": Edit("annotation", "can only be heard", "is heard only"),
    "front-matter": Edit("author", "author: Ada", "author: Grace"),
    "variable-description": Edit("C", "# Log-preference over sounds", "# Wanted sounds, as logarithms"),
    "variable-section": Edit("noise", "## Observations\n", "## Actions\n"),
    "edge-description": Edit("A>o:hears", "# the ear", "# both ears"),
    "parameter-comment": Edit("A", "# outcome by state", "# sound by door"),
    "equations-comments": Edit("Equations", "# Belief update", "# Perception"),
    "comments": Edit("Connections", "# Perception", "# Hearing"),
    "spelling": Edit("s", "s=HiddenState", "s=hidden_state"),
    "section-text": Edit("Wiring Plan", "The left ear", "The right ear"),
    "unread-lines": Edit("Connections", "# Perception", "# Perception\nk=Clock"),
    "footer": Edit("footer", "A small model.", "A very small model."),
    "signature": Edit("signature", "Ada\n", "Ada Lovelace\n"),
}
"""For each kind of change an edit that makes this change alone."""


def edited(*kinds: str) -> str:
    """Give the base text with the edits of some kinds made; ValueError where two of them touch."""
    text, end = BASE, len(BASE)
    for start, stop, replacement in sorted((part for kind in kinds for part in _parts(kind)), reverse=True):
        if stop > end:
            raise ValueError(f"the edits {kinds} touch one another")
        text, end = text[:start] + replacement + text[stop:], start
    return text


def touching(kinds: Iterable[str]) -> bool:
    """Tell whether the edits of some kinds touch one another."""
    spans = sorted((start, stop) for kind in kinds for start, stop, _ in _parts(kind))
    return any(stop > start for (_, stop), (start, _) in pairwise(spans))


def _parts(kind: str) -> Iterator[tuple[int, int, str]]:
    """Give where an edit stands in the base text, and what it puts there."""
    edit = EDITS[kind]
    if kind == "variable-renamed":
        places = [place + offset for around, offset in _USES_OF_W for place in [BASE.index(around)]]
    else:
        places = [BASE.rindex(edit.before) if kind == "signature" else BASE.index(edit.before)]
    for place in places:
        yield place, place + len(edit.before), edit.after


_USES_OF_W = (("w[2,type", 0), ("|w\n", 1), ("(o, w,", 4), ("w=softmax", 0))
"""Where the variable w is declared, connected and assigned: a text around it, and how far in it stands."""
