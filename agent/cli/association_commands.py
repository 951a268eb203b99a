"""What the commands of `association` do: each opens the office, makes one call and prints the result."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.accounting.factors import MissingFactor
from agent.association.close_year import append_closed, close_year
from agent.association.comparison import Letter, letter_record, letter_text, letters_of
from agent.association.inbox.asked import Reply
from agent.association.inbox.held import HeldFile
from agent.association.inbox.names import Names
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Channel, Outcome, Parcel, Receipt
from agent.association.inbox.service import load_service
from agent.association.inbox.status import SiteStatus, YearStatus, reminders
from agent.association.write_form import write_form
from agent.cli.association_lines import finding_lines, form_line, receipt_lines, status_lines, word
from agent.clock import SystemClock
from agent.logs import set_up_logs
from agent.settings.mistakes import Mistake, SettingsError
from agent.submission.canonical import SubmissionError
from agent.submission.examine import read_file
from agent.texts import LANGUAGES, texts_for
from agent.texts.sentences import say

Command = Callable[[argparse.Namespace], int]

OK, FAILED, WRONG_USAGE = 0, 1, 2
_FILES = ("association.toml", "history.toml", "service.toml")


def _language(options: argparse.Namespace) -> str:
    return texts_for(options.lang).language


def _office(options: argparse.Namespace) -> Office:
    """The office of the folder. Raises SettingsError."""
    hint = say("copy_the_association")
    if not options.folder.is_dir():
        raise SettingsError([Mistake(options.folder, 0, 0, say("no_folder"), hint)])
    missing = [path for path in (options.folder / name for name in _FILES) if not path.exists()]
    if missing:
        raise SettingsError([Mistake(path, 0, 0, say("no_file"), hint) for path in missing])
    return Office(load_service(options.folder), lambda: SystemClock().now_ms() // 1000)


def _receive(options: argparse.Namespace) -> int:
    """Take files in; 1 when one is held."""
    if not options.files and not options.held:
        print("name files, or --held", file=sys.stderr)
        return WRONG_USAGE
    try:
        parcels = [_parcel(path) for path in options.files]
    except SubmissionError as error:
        print(error, file=sys.stderr)
        return FAILED
    with _office(options) as office:
        receipts = [office.receiver.take(parcel) for parcel in parcels]
        receipts += office.receiver.take_held_again() if options.held else []
        accepted = [r.identity for r in receipts if r.outcome is Outcome.ACCEPTED and r.identity]
        for year in sorted({identity.fiscal_year for identity in accepted}):
            _ask(office, year)
    if options.json:
        origins = [str(path) for path in options.files] + [each.origin for each in receipts[len(parcels) :]]
        print(json.dumps([_receipt(*each) for each in zip(origins, receipts, strict=True)], ensure_ascii=False))
    else:
        names = Names(office.service.association.file)
        print("\n".join(receipt_lines(receipts, names, _language(options))))
    return FAILED if any(receipt.outcome is Outcome.HELD for receipt in receipts) else OK


def _ask(office: Office, fiscal_year: int) -> None:
    """Check a year's documents; without the association's factors of the year they are kept all the same."""
    try:
        office.ask(fiscal_year)
    except MissingFactor as error:
        print(error, file=sys.stderr)


def _parcel(path: Path) -> Parcel:
    try:
        return Parcel(read_file(path), path.stat().st_size, Channel.COMMAND, path.name)
    except SubmissionError as error:
        raise SubmissionError(*(f"{path}: {reason}" for reason in error.reasons)) from None


def _receipt(origin: str, receipt: Receipt) -> Mapping[str, object]:
    identity = receipt.identity
    return {
        "file": origin,
        "outcome": receipt.outcome.value,
        "company": identity.company if identity else None,
        "site": identity.site if identity else None,
        "fiscal_year": identity.fiscal_year if identity else None,
        "revision": identity.revision if identity else None,
        "digest": identity.digest if identity else None,
        "replaced": receipt.replaced,
        "stays": receipt.stays,
        "reasons": [{"kind": reason.kind.value, "details": list(reason.details)} for reason in receipt.reasons],
    }


def _serve(options: argparse.Namespace) -> int:
    """Serve until told to stop; 1 when the address or the TLS files cannot be used."""
    from agent.association.web.serve import run_association_service  # noqa: PLC0415 - a web server, here alone

    set_up_logs()
    with _office(options) as office:
        try:
            asyncio.run(run_association_service(office, SystemClock()))
        except OSError as error:  # an ssl.SSLError is one too
            print(error, file=sys.stderr)
            return FAILED
    return OK


def _status(options: argparse.Namespace) -> int:
    """Print how a year stands, or the reminders."""
    language = _language(options)
    with _office(options) as office:
        status = office.status(options.fiscal_year)
    if options.json:
        print(json.dumps(_status_record(status, language), ensure_ascii=False))
    elif options.reminders:
        print("\n\n".join(reminders(status, language)) or word(language, "all_settled"))
    else:
        print("\n".join(status_lines(status, language)))
    return OK


def _status_record(status: YearStatus, language: str) -> Mapping[str, object]:
    return {
        "fiscal_year": status.fiscal_year,
        "deadline": None if status.deadline is None else status.deadline.isoformat(),
        "is_complete": status.is_complete,
        "sites": [_site_record(site, status.names) for site in status.sites],
        "held_of_no_site": [_held_record(held) for held in status.strangers],
        "reminders": reminders(status, language),
    }


def _held_record(held: HeldFile) -> Mapping[str, object]:
    """A held file; company and site are what it says itself."""
    return {
        "origin": held.origin,
        "company": held.company,
        "site": held.site,
        "reasons": [reason.kind.value for reason in held.reasons],
    }


def _site_record(site: SiteStatus, names: Names) -> Mapping[str, object]:
    entry = site.in_force
    known = None if entry is None else entry.known_percent
    measured = None if entry is None else entry.measured_percent
    return {
        "company": site.company,
        "site": site.site,
        "name_ja": names.bare_site(site.company, site.site, "ja"),
        "name_en": names.bare_site(site.company, site.site, "en"),
        "state": site.state.value,
        "revision": None if entry is None else entry.identity.revision,
        "received_utc_s": None if entry is None else entry.received_utc_s,
        "is_late": site.is_late,
        "came_late": site.came_late,
        "known_percent": None if known is None else f"{known:f}",
        "measured_percent": None if measured is None else f"{measured:f}",
        "held": [_held_record(held) for held in site.held],
        "questions": [
            {
                "key": asked.key,
                "ja": asked.text_ja,
                "en": asked.text_en,
                "answer": None if asked.answer is None else asked.answer.text,
            }
            for asked in site.questions
        ],
    }


def _form(options: argparse.Namespace) -> int:
    """Write the form; what is to be settled goes to standard error."""
    language = _language(options)
    with _office(options) as office:
        office.ask(options.fiscal_year)
        result = office.print_year(options.fiscal_year)
        try:
            files = write_form(result, options.out, json_only=options.json)
        except OSError as error:
            print(f"{options.out}: {error.strerror}", file=sys.stderr)
            return FAILED
        if options.publish:
            office.publish(result, options.publish)
    names = Names(office.service.association.file)
    print("".join(f"{line}\n" for line in finding_lines(result, names, language)), end="", file=sys.stderr)
    if options.json:
        findings = [finding.key for finding in result.findings]
        print(json.dumps({"files": [str(file) for file in files], "findings": findings}, ensure_ascii=False))
        return OK
    print(form_line(result, language))
    print("\n".join(word(language, "written", file=file) for file in files))
    if options.publish:
        print(word(language, "published"))
    return OK


def _compare(options: argparse.Namespace) -> int:
    """Print the letters, or write them; none may be sent to another company than its own."""
    with _office(options) as office:
        result = office.print_year(options.fiscal_year)
    rules = office.service.association.file.confidentiality
    letters = letters_of(result.industry, result.documents, rules.minimum_others)
    names = Names(office.service.association.file)
    chosen = [letter for letter in letters if options.company in (None, letter.company)]
    if not chosen:
        print(word(_language(options), "no_letter", company=options.company or ""), file=sys.stderr)
        return FAILED
    if options.out is not None:
        return _write_letters(options, chosen, names)
    if options.json:
        print(json.dumps([letter_record(letter) for letter in chosen], ensure_ascii=False))
        return OK
    language = _language(options)
    print(
        "\n".join(letter_text(letter, names.company(letter.company, language), language) for letter in chosen), end=""
    )
    return OK


def _write_letters(options: argparse.Namespace, letters: Sequence[Letter], names: Names) -> int:
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for letter in letters:
            for language in LANGUAGES:
                file = options.out / f"comparison-{letter.fiscal_year}-{letter.company}-{language}.txt"
                file.write_text(
                    letter_text(letter, names.company(letter.company, language), language), encoding="utf-8"
                )
                print(word(_language(options), "written", file=file))
    except OSError as error:
        print(f"{options.out}: {error.strerror}", file=sys.stderr)
        return FAILED
    return OK


def _close(options: argparse.Namespace) -> int:
    """Put the year into the history, so that next year's form prints it; refused while documents are missing."""
    history = options.folder / "history.toml"
    with _office(options) as office:
        result = office.print_year(options.fiscal_year)
    closed = close_year(result, office.service.association.history_file.published)
    text = append_closed(history.read_text(encoding="utf-8"), closed)
    fresh = history.with_name(f"{history.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(history)
    print(json.dumps({"file": str(history)}) if options.json else word(_language(options), "written", file=history))
    return OK


def _answer(options: argparse.Namespace) -> int:
    """Keep an answer."""
    reply = Reply(
        options.company, options.site, options.fiscal_year, options.key, options.text.strip(), options.person.strip()
    )
    if not reply.text or not reply.person:
        print("an answer needs words and a person", file=sys.stderr)
        return WRONG_USAGE
    with _office(options) as office:
        office.ask(options.fiscal_year)
        office.answer(reply)
    print(json.dumps({"kept": reply.key}) if options.json else word(_language(options), "answer_kept"))
    return OK


def _told(command: Command) -> Command:
    """The command, with whatever it cannot do told in a sentence."""

    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except ValueError as error:
            print(error, file=sys.stderr)
            return FAILED

    return run


COMMANDS: Mapping[str, Command] = {
    "receive": _told(_receive),
    "serve": _serve,
    "status": _told(_status),
    "form": _told(_form),
    "compare": _told(_compare),
    "close": _told(_close),
    "answer": _told(_answer),
}
