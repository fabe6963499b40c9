"""What every command shares: which registry, who, the form of the answer, and what becomes of an error."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from model_registry import __version__
from model_registry.errors import RegistryError, StorageError

if TYPE_CHECKING:
    from model_registry.commands.screen import Screen
    from model_registry.domain.source import Source
    from model_registry.registry import Registry

View = Mapping[str, Any]
Show = Callable[["Screen", Any], None]

REFUSED = 1
INTERRUPTED = 130

RegistryOption = Annotated[
    str, typer.Option("--registry", metavar="PATH", help="Where the registry lies.", rich_help_panel="Common")
]
ActorOption = Annotated[
    str, typer.Option("--actor", metavar="WHO", help="Who is noted in the trail.", rich_help_panel="Common")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.", rich_help_panel="Common")]


def _tell_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"model-registry {__version__}\n")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version of this program.", callback=_tell_version, is_eager=True)
]

app = typer.Typer(
    name="model-registry",
    help="A registry of GNN models: parsed, versioned by what changed, checked, found, and served to assistants.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclass(frozen=True)
class Door:
    """What a command is given besides its own arguments."""

    place: str = ""
    actor: str = ""
    as_json: bool = False

    @cached_property
    def registry(self) -> Registry:
        """Give the registry the options mean; it is opened when it is first asked for."""
        from model_registry.bootstrap import open_registry

        return open_registry(self.place or None, actor=self.actor)

    def source(self, path: Path) -> Source:
        """Read a model file; `-` is the standard input."""
        if str(path) == "-":
            from model_registry.domain.source import Source

            return Source(sys.stdin.buffer.read(), "stdin.md")
        from model_registry.sources import read_source

        return read_source(path)

    def source_of(self, model_id: str, path: str) -> Source | None:
        """Read a file, if one is named, else the file the model was registered from, if it is still there."""
        from model_registry.sources import recorded_source

        return self.source(Path(path)) if path else recorded_source(self.registry.get_model_info(model_id, versions=1))

    def write(self, path: Path, text: str) -> None:
        """Write a text to a file, exactly; StorageError when that cannot be done."""
        try:
            path.expanduser().write_bytes(text.encode())
        except OSError as error:
            raise StorageError(
                f"{str(path)!r} cannot be written: {error.strerror}",
                code="unwritable",
                where=str(path),
                hint="Name another file.",
            ) from error


def command(
    name: str, panel: str, show: Show, *, fails: Callable[[Any], bool] = lambda view: False, among: typer.Typer = app
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a command of a function that takes the Door and gives a view.

    The view is printed as JSON or by `show`; `fails` tells of a view that stands for exit code 1. The function's
    docstring is the command's help. It stands among the commands of the program, or of a group.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(ctx: typer.Context, registry: str, actor: str, json: bool, **given: Any) -> None:
            before: Door = ctx.obj
            door = Door(registry or before.place, actor or before.actor, json or before.as_json)
            _guarded(lambda: _answer(function(door, **given), door, show, fails))

        run.__doc__ = function.__doc__
        run.__name__ = function.__name__
        run.__signature__ = _signature(function)  # type: ignore[attr-defined]
        run.__annotations__ = {name: each.annotation for name, each in inspect.signature(run).parameters.items()}
        among.command(name, rich_help_panel=panel)(run)
        return function

    return register


@app.callback()
def common(
    ctx: typer.Context,
    registry: RegistryOption = "",
    actor: ActorOption = "",
    as_json: JsonOption = False,
    version: VersionOption = False,
) -> None:
    """Take the options that may stand before the command as well as behind it."""
    ctx.obj = Door(registry, actor, as_json)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Give the function's parameters without the door, and the common options behind them."""
    hints = get_type_hints(function, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    shared = {"registry": (RegistryOption, ""), "actor": (ActorOption, ""), "json": (JsonOption, False)}
    return inspect.Signature(
        [
            context,
            *(parameter.replace(kind=keyword, annotation=hints[parameter.name]) for parameter in own),
            *(inspect.Parameter(n, keyword, default=default, annotation=a) for n, (a, default) in shared.items()),
        ]
    )


def _answer(view: Any, door: Door, show: Show, fails: Callable[[Any], bool]) -> None:
    if view is None:
        return
    if door.as_json:
        sys.stdout.write(json.dumps(view, indent=2) + "\n")
    else:
        from model_registry.commands.screen import Screen

        show(Screen(), view)
    sys.stdout.flush()
    if fails(view):
        raise typer.Exit(REFUSED)


def _guarded(answer: Callable[[], None]) -> None:
    """Turn what may end a command into an exit code and, for a refusal, two lines on the error stream."""
    try:
        answer()
    except RegistryError as error:
        from model_registry.commands.screen import Screen

        Screen(sys.stderr).error(error)
        raise typer.Exit(REFUSED) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(INTERRUPTED) from interrupt
    except BrokenPipeError as broken:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(REFUSED) from broken
