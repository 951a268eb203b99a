"""What the commands of `association` do: each opens the office, makes one call and prints the result."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.accounting.factors import MissingFactor
from agent.association.close_year import append_closed, close_year
from agent.association.inbox.asked import Reply
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Channel, Outcome, Parcel, Receipt
from agent.association.inbox.service import load_service
from agent.association.inbox.status import SiteStatus, State, YearStatus, reminders
from agent.association.write_form import write_form
from agent.clock import SystemClock
from agent.logs import set_up_logs
from agent.reports.table import rounded
from agent.submission.canonical import SubmissionError
from agent.submission.examine import read_file
from agent.texts import LANGUAGES, texts_for

Command = Callable[[argparse.Namespace], int]

OK, FAILED, WRONG_USAGE = 0, 1, 2
_WORDS: Mapping[str, tuple[str, str]] = {
    State.MISSING: ("missing", "未提出"),
    State.PROVISIONAL: ("provisional", "速報"),
    State.FINAL: ("final", "確定"),
    "late": ("late", "期限超過"),
    "came_late": ("after the deadline", "期限後に受領"),
    "measured": ("measured {percent} %", "計測 {percent} %"),
    "typed": ("typed in", "手入力"),
    "summary": (
        "FY{year}: {final} final, {provisional} provisional, {missing} missing; due {deadline}",
        "{year}年度: 確定 {final}、速報 {provisional}、未提出 {missing}(期限 {deadline})",
    ),
    "held": ("held: {origin}", "保留: {origin}"),
    "question": ("question", "質問"),
    "answered": ("answered: {text} ({person})", "回答済み: {text}({person})"),
    "answer_kept": ("the answer is kept", "回答を保存しました"),
    "all_settled": ("nobody needs a reminder", "督促の必要はありません"),
    "written": ("written to {file}", "{file} に書き込みました"),
    "published": ("noted as published", "公表済みとして記録しました"),
    "finding": ("to be settled: {text}", "要対応: {text}"),
}


def _word(options: argparse.Namespace, key: str, **values: object) -> str:
    return _WORDS[key][LANGUAGES.index(texts_for(options.lang).language)].format(**values)


def _office(options: argparse.Namespace) -> Office:
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
    origins = [str(path) for path in options.files] + ["held"] * (len(receipts) - len(parcels))
    if options.json:
        print(json.dumps([_receipt(*each) for each in zip(origins, receipts, strict=True)], ensure_ascii=False))
    else:
        language = texts_for(options.lang).language
        for origin, receipt in zip(origins, receipts, strict=True):
            print(f"{origin}: {receipt.text(language)}")
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
    language = texts_for(options.lang).language
    with _office(options) as office:
        status = office.status(options.fiscal_year)
    if options.json:
        print(json.dumps(_status_record(status, language), ensure_ascii=False))
    elif options.reminders:
        print("\n\n".join(reminders(status, language)) or _word(options, "all_settled"))
    else:
        print("\n".join(_status_lines(options, status, language)))
    return OK


def _status_lines(options: argparse.Namespace, status: YearStatus, language: str) -> Sequence[str]:
    counts = {state.value: status.count(state) for state in State}
    lines = [_word(options, "summary", year=status.fiscal_year, deadline=status.deadline or "–", **counts)]
    for site in status.sites:
        lines.append(f"{site.company}/{site.site}: {', '.join(_facts(options, site))}")
        lines += [f"  {_word(options, 'held', origin=held.origin)}" for held in site.held]
        for asked in site.questions:
            lines.append(f"  {_word(options, 'question')} [{asked.key}]: {asked.text(language)}")
            if asked.answer is not None:
                told = _word(options, "answered", text=asked.answer.text, person=asked.answer.person)
                lines.append(f"    {told}")
    for held in status.strangers:
        lines.append(_word(options, "held", origin=held.origin))
        lines += [f"  {line}" for reason in held.reasons for line in reason.text(language).splitlines()]
    return lines


def _facts(options: argparse.Namespace, site: SiteStatus) -> Sequence[str]:
    facts = [_word(options, site.state)]
    if site.newest is not None:
        facts.append(f"r{site.newest.identity.revision}")
        known = site.known_percent
        percent = rounded(known, 1)
        facts.append(_word(options, "typed") if known is None else _word(options, "measured", percent=percent))
    if site.is_late or site.came_late:
        facts.append(_word(options, "late" if site.is_late else "came_late"))
    return facts


def _status_record(status: YearStatus, language: str) -> Mapping[str, object]:
    return {
        "fiscal_year": status.fiscal_year,
        "deadline": None if status.deadline is None else status.deadline.isoformat(),
        "is_complete": status.is_complete,
        "sites": [_site_record(site) for site in status.sites],
        "held_of_no_site": [
            {"origin": h.origin, "reasons": [r.kind.value for r in h.reasons]} for h in status.strangers
        ],
        "reminders": reminders(status, language),
    }


def _site_record(site: SiteStatus) -> Mapping[str, object]:
    newest = site.newest
    return {
        "company": site.company,
        "site": site.site,
        "state": site.state.value,
        "revision": None if newest is None else newest.identity.revision,
        "received_utc_s": None if newest is None else newest.received_utc_s,
        "is_late": site.is_late,
        "came_late": site.came_late,
        "known_percent": None if site.known_percent is None else f"{site.known_percent:f}",
        "held": [{"origin": h.origin, "reasons": [r.kind.value for r in h.reasons]} for h in site.held],
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
    language = texts_for(options.lang).language
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
    for finding in result.findings:
        print(_word(options, "finding", text=finding.text_ja if language == "ja" else finding.text_en), file=sys.stderr)
    if options.json:
        findings = [finding.key for finding in result.findings]
        print(json.dumps({"files": [str(file) for file in files], "findings": findings}, ensure_ascii=False))
        return OK
    print("\n".join(_word(options, "written", file=file) for file in files))
    if options.publish:
        print(_word(options, "published"))
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
    print(json.dumps({"file": str(history)}) if options.json else _word(options, "written", file=history))
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
    print(json.dumps({"kept": reply.key}) if options.json else _word(options, "answer_kept"))
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
    "close": _told(_close),
    "answer": _told(_answer),
}
