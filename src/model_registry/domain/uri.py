"""By what address a model can be read and watched."""

from __future__ import annotations


def model_uri(model_id: str) -> str:
    """Give the resource URI of a model."""
    return f"registry://models/{model_id}"
