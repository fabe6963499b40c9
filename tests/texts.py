"""Small GNN texts that the tests share."""

from __future__ import annotations

from model_registry.domain.source import Source

COIN = """# A coin

## ModelName
{name}

## ModelAnnotation
{annotation}
Author: Ada Example

## StateSpaceBlock
s[2,1,type=float]    # fair or bent
o[2,1,type=int]      # heads or tails
A[2,2,type=float]    # P(face | coin)
D[2,type=float]      # prior over coins

## Connections
D>s
s-A
A-o
{connections}
## InitialParameterization
A={{
  ({heads}, 0.8),
  ({tails}, 0.2)
}}
D={{(0.5, 0.5)}}

## Time
Static

## ActInfOntologyAnnotation
A=LikelihoodMatrix
D=PriorOverHiddenStates
s=HiddenState
o=Observation
"""


def coin(
    name: str = "Coin Judge",
    *,
    heads: float = 0.5,
    annotation: str = "Judges from one toss whether a coin is fair.",
    connections: str = "",
) -> str:
    """Give a small model that is valid under every check."""
    return COIN.format(
        name=name, annotation=annotation, heads=heads, tails=round(1 - heads, 6), connections=connections
    )


def source(text: str | None = None, filename: str = "coin.md", origin: str | None = None) -> Source:
    """Give a text as a source."""
    data = (coin() if text is None else text).encode()
    return Source(data, filename, {"path": origin} if origin else None)
