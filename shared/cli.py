"""The command line: `brickyard APP VERB`, and `brickyard-APP VERB` for one app.

This module finds the app, makes flags from dataclasses (tyro), and turns errors into one
sentence and an exit code: 0 when it worked, 2 for the user's mistake, 1 for a failure, 130 when
stopped. Neither TensorFlow nor Keras is loaded until a verb runs.
"""

import sys
from collections.abc import Sequence
from dataclasses import field, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from shared.app import App, discover, find_app
from shared.config import AppConfig, load_config
from shared.errors import OperationError, Stopped, UserError, nearest
from shared.verbs import SHARED_VERBS, Training, TrainOptions, Verb, all_verbs

# Verbs that need no app: their argument says what it belongs to.
APP_FREE = ("verify", "serve")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `brickyard ...` and returns its exit code."""
    return _guarded(_umbrella, list(sys.argv[1:] if argv is None else argv))


def app_main(name: str, argv: Sequence[str] | None = None) -> int:
    """Runs `brickyard-APP ...` and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return _guarded(lambda args: _app_command(find_app(name), args), arguments)


def _guarded(command: Any, argv: list[str]) -> int:
    debug = "--debug" in argv
    try:
        command([argument for argument in argv if argument != "--debug"])
    except SystemExit as stop:  # tyro has printed its help or its complaint
        return stop.code if isinstance(stop.code, int) else 2
    except UserError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (OperationError, OSError, MemoryError) as error:
        if debug:
            raise
        if isinstance(error, BrokenPipeError):  # the reader, such as `head`, has had enough
            sys.stderr.close()
            return 0
        print(f"failed: {error} (--debug shows where)", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Stopped) as stop:
        print(f"\n{str(stop) or 'Stopped.'}", file=sys.stderr)
        return 130
    return 0


def _umbrella(argv: list[str]) -> None:
    if not argv or argv[0] in ("-h", "--help"):
        print(_umbrella_help())
    elif argv[0] == "--version":
        from importlib.metadata import version

        print(f"brickyard {version('brickyard')}")
    elif argv[0] == "list":
        _list()
    elif argv[0] in APP_FREE:
        verb = SHARED_VERBS[argv[0]]
        verb.run(None, _parse(verb, f"brickyard {argv[0]}", argv[1:]))  # type: ignore[arg-type]
    else:
        _app_command(find_app(argv[0]), argv[1:])


def _app_command(app: App, argv: list[str]) -> None:
    command = f"brickyard {app.name.replace('_', '-')}"
    verbs = all_verbs(app)
    if not argv or argv[0] in ("-h", "--help"):
        rows = "\n".join(f"  {name:<10} {verb.summary}" for name, verb in verbs.items())
        print(f"usage: {command} VERB ...\n\n{app.summary}\n\n{rows}\n")
        print(f"Input of predict: {app.item_help}")
        print(f"Presets of train: {', '.join(app.presets)}")
        print(f"`{command} VERB --help` shows the flags; --debug shows tracebacks.")
        return
    if argv[0] not in verbs:
        raise UserError(f"Expected a verb, received {argv[0]!r}.{nearest(argv[0], verbs)}")
    verb = verbs[argv[0]]
    if verb.options is TrainOptions:
        verb.run(app, _parse_training(app, f"{command} train", argv[1:]))
    else:
        verb.run(app, _parse(verb, f"{command} {argv[0]}", argv[1:]))


def _parse(verb: Verb, prog: str, argv: list[str]) -> Any:
    return tyro.cli(
        verb.options,
        args=argv,
        prog=prog,
        description=verb.summary,
        config=(tyro.conf.FlagCreatePairsOff,),
    )


def _parse_training(app: App, prog: str, argv: list[str]) -> Training:
    """Default < preset < --config < flags: the first three are the default of the flags."""
    config = _starting_point(app, argv)
    flags = make_dataclass(
        "Flags",
        [
            ("options", Annotated[TrainOptions, tyro.conf.arg(name="")]),
            ("config", Annotated[type(config), tyro.conf.arg(name="")], field(default=config)),
        ],
    )
    parsed: Any = tyro.cli(flags, args=argv, prog=prog, description=SHARED_VERBS["train"].summary)
    return Training(parsed.options, parsed.config)


def _starting_point(app: App, argv: list[str]) -> AppConfig:
    resumed = _value_of("--out", argv)
    if "--resume" in argv and resumed and Path(resumed, "config.json").exists():
        config = load_config(app.config_class(), Path(resumed, "config.json"))
    else:
        preset = _value_of("--preset", argv) or "base"
        if preset not in app.presets:
            raise UserError(
                f"Expected a preset of {app.name}, received {preset!r}."
                f"{nearest(preset, app.presets)}"
            )
        config = app.presets[preset]
    file = _value_of("--config", argv)
    return load_config(config, Path(file)) if file else config


def _value_of(flag: str, argv: list[str]) -> str | None:
    """Looks ahead for a flag that decides the defaults of the others."""
    value = None
    for position, argument in enumerate(argv):
        if argument == flag and position + 1 < len(argv):
            value = argv[position + 1]
        elif argument.startswith(f"{flag}="):
            value = argument.partition("=")[2]
    return value


def _umbrella_help() -> str:
    apps = "\n".join(
        f"  {name.replace('_', '-'):<22} {app.summary}" for name, app in discover().apps.items()
    )
    return f"""usage: brickyard APP VERB ...
       brickyard list | verify MODEL | serve [DIR] | --version

apps:
{apps}

`brickyard APP` lists the verbs of an app, `brickyard APP VERB --help` the flags of a verb."""


def _list() -> None:
    found = discover()
    for name, app in found.apps.items():
        print(f"{name.replace('_', '-'):<22} {app.summary}")
    for name, error in found.broken.items():
        print(f"{name.replace('_', '-'):<22} broken: {error}")
