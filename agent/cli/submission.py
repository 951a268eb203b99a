"""The commands `key` and `submission`: their arguments. What they do is loaded when one of them is called."""

import argparse
from collections.abc import Callable
from pathlib import Path

Command = Callable[[argparse.Namespace], int]
AddCommand = Callable[..., argparse.ArgumentParser]


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]", add_command: AddCommand) -> None:
    """Add `key` and `submission` to the commands; `add_command` is that of `agent.cli.main`."""
    key = subparsers.add_parser("key", help="the key that signs submissions")
    inside = key.add_subparsers(required=True, metavar="ACTION")
    add_command(inside, "make", _later("make_key"), "make the site's key, once")
    add_command(inside, "show", _later("show_key"), "print the public key for the association, and its fingerprint")
    submission = subparsers.add_parser("submission", help="the signed year for the association")
    inside = submission.add_subparsers(required=True, metavar="ACTION")
    _add_build(add_command(inside, "build", _later("build"), "build and sign the submission of a metered year"))
    totals = add_command(
        inside, "from-totals", _later("from_totals"), "build and sign it from typed totals", site=False
    )
    totals.add_argument("totals", type=Path, metavar="TOTALS.toml", help="configs/demo/totals-2023.toml is one to copy")
    _add_signing(totals, key_required=True)
    verify = add_command(
        inside, "verify", _later("verify"), "hold signature and every figure against what they must be"
    )
    verify.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verify.add_argument("--keys", type=Path, metavar="FILE|DIR", help="public keys on file (default: the site's own)")
    show = add_command(inside, "show", _later("show"), "print what a submission says, without verifying it", site=False)
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument("--xlsx", type=Path, metavar="FILE", help="write it as a workbook")
    show.add_argument("--html", type=Path, metavar="FILE", help="write it for print")
    send = add_command(inside, "send", _later("send"), "hand a signed submission over")
    send.add_argument("file", type=Path, metavar="FILE")
    way = send.add_mutually_exclusive_group(required=True)
    way.add_argument("--mqtt", action="store_true", help="leave it with the site's broker, retained")
    way.add_argument("--https", metavar="URL", help="upload it")
    way.add_argument("--to", type=Path, metavar="DIR", help="write it there, to be carried")
    send.add_argument(
        "--ca", type=Path, metavar="FILE", help="the authority of the https server (default: the system's)"
    )


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fiscal-year", type=int, required=True)
    parser.add_argument("--provisional", action="store_true", help="the figures as they stand (default: as closed)")
    parser.add_argument("--through", metavar="MONTH", help="the last month of provisional figures, as 2023-09")
    parser.add_argument("--company", help="the company in the association's roster (default: site.company)")
    parser.add_argument("--approved-by", metavar="NAME", help="who approves provisional figures")
    parser.add_argument("--approved-on", metavar="DAY", help="when, as 2024-06-14 (default: today)")
    parser.add_argument("--scheme", help="another scheme than the site's")
    _add_signing(parser, key_required=False)


def _add_signing(parser: argparse.ArgumentParser, *, key_required: bool) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: named for company, site, year and revision")
    how = parser.add_mutually_exclusive_group(required=key_required)
    how.add_argument(
        "--key", type=Path, metavar="FILE", help="the private key" if key_required else "default: the site's"
    )
    how.add_argument("--unsigned", action="store_true", help="write a draft to look at; nobody accepts it")


def _later(name: str) -> Command:
    """The command of a name. Signatures, uploads and annual data are loaded for these commands alone."""

    def run(options: argparse.Namespace) -> int:
        from agent.cli.submission_commands import COMMANDS  # noqa: PLC0415 - 100 ms that no other command needs

        return COMMANDS[name](options)

    return run
