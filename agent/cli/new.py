"""The command `init`: a new site from questions, or from options where nobody is there to answer."""

import argparse
import re
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.new_site import NewSite, make_site
from agent.texts import texts_for

WRONG_USAGE = 2
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SCHEMES = ("association", "shk", "energy_act")


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `init`."""
    parser = add_command(subparsers, "init", init, "make the directory of a new site")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--id", help="the site's identifier, such as fukaya (default: asked, or the directory's name)")
    parser.add_argument("--name-ja", help="its name in Japanese")
    parser.add_argument("--name-en", help="its name in English")
    parser.add_argument("--scheme", choices=_SCHEMES, help="the scheme of live figures (default: association)")


def init(options: argparse.Namespace) -> int:
    """Write the templates; says what to do next."""
    texts = texts_for(options.lang)
    ask = _ask if sys.stdin.isatty() else _take_default
    suggested = re.sub(r"[^a-z0-9_]", "_", options.directory.name.lower()) or "mill"
    site_id = options.id or ask(texts("init_id"), suggested)
    if _ID.fullmatch(site_id) is None:
        print(texts("init_bad_id", id=site_id), file=sys.stderr)
        return WRONG_USAGE
    name_ja = options.name_ja if options.name_ja is not None else ask(texts("init_name_ja"), "")
    name_en = options.name_en if options.name_en is not None else ask(texts("init_name_en"), "")
    scheme = options.scheme or ask(texts("init_scheme", schemes=", ".join(_SCHEMES)), _SCHEMES[0])
    fiscal_year = fiscal_year_of(SystemClock().now_ms() // 1000, ZoneInfo("Asia/Tokyo"))
    for path in make_site(options.directory, NewSite(site_id, name_ja, name_en, scheme), fiscal_year):
        print(texts("init_wrote", file=path))
    print(texts("init_next", folder=options.directory))
    return 0


def _ask(question: str, default: str) -> str:
    answer = input(f"{question} [{default}] " if default else f"{question} ").strip()
    return answer or default


def _take_default(_question: str, default: str) -> str:
    return default
