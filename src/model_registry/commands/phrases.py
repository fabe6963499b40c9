"""Values put into a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_registry.domain.printable import counted

View = Mapping[str, Any]


def brief(value: Any) -> Any:
    """Give a value as a cell shows it: measurements in words, anything else as it is."""
    return measurements(value) if isinstance(value, Mapping) else value


def measurements(performance: View) -> list[str]:
    """Give measurements: `score 0.9`."""
    return [f"{metric} {_measured(value)}" for metric, value in performance.items()]


def _measured(value: Any) -> str:
    return str(value["value"] if isinstance(value, Mapping) else value)


def use(view: View) -> str:
    """Give how much a model was used; "" for never."""
    if not view["last_used"]:
        return ""
    counts = [counted(view["reads"], "read")] if view["reads"] else []
    counts += [f"found {counted(view['hits'], 'time')}"] if view["hits"] else []
    return f"{', '.join(counts)}, last on {view['last_used'][:10]}"


def requirement(row: View) -> str:
    """Give a requirement with the version it resolves to, or why it does not."""
    return f"{row['requirement']} ({row['resolved'] or row['problem']})"


def dependent(row: View) -> str:
    """Give a model that requires another, with the range it asks for and what is wrong with it."""
    told = ", ".join(filter(None, (row["requirement"].partition("@")[2], row.get("problem"))))
    return f"{row['id']} ({told})" if told else str(row["id"])
