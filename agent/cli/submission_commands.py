"""What the commands `key` and `submission` do: a site's key, and its signed year."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.clock import SystemClock
from agent.close import newest_closed
from agent.reports.table import for_people
from agent.settings.site import Site, load_site
from agent.submission.canonical import SubmissionError, digest_of, write_document
from agent.submission.consistency import deviations_of
from agent.submission.document import Submission
from agent.submission.examine import Opened, Verdict, examine, open_unverified, read_file
from agent.submission.from_totals import read_totals
from agent.submission.keys import KEY_FILE, KeyRing, make_key, read_key_ring, read_private_key, ring_of
from agent.submission.parts import Approval
from agent.submission.send import SendError, put_file, send_by_https
from agent.submission.sign import PublicKey, sign
from agent.submission.tables import submission_report, submission_tables
from agent.submission.wording import word
from agent.submit import Wanted, build_for_site, hand_to_broker, program_name, topic_of
from agent.texts import texts_for
from agent.year_report import write_report

Command = Callable[[argparse.Namespace], int]

FAILED, WRONG_USAGE = 1, 2


def _told(command: Command) -> Command:
    """The command, with whatever it cannot do told in sentences."""

    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except SubmissionError as error:
            print(error.text(texts_for(options.lang).language), file=sys.stderr)
            return FAILED
        except (ValueError, SendError) as error:
            print(error, file=sys.stderr)
            return FAILED

    return run


def _make_key(options: argparse.Namespace) -> int:
    path = options.folder / KEY_FILE
    public = make_key(path)
    if not options.json:
        print(word(texts_for(options.lang), "key_made", path=path))
    return _print_key(public, options)


def _show_key(options: argparse.Namespace) -> int:
    return _print_key(read_private_key(options.folder / KEY_FILE).public, options)


def _print_key(key: PublicKey, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps({"public_key": key.jwk, "kid": key.kid, "fingerprint": key.fingerprint}))
        return 0
    texts = texts_for(options.lang)
    print(word(texts, "key_told"))
    print(f"{word(texts, 'public_key')}: {json.dumps(key.jwk)}")
    print(f"{word(texts, 'fingerprint')}: {key.fingerprint}")
    return 0


def _build(options: argparse.Namespace) -> int:
    """Sign the closed document of a year, or with --provisional the figures as they stand."""
    if not options.provisional and (options.through or options.approved_by or options.scheme):
        print("--through, --approved-by and --scheme belong to --provisional, or to `atsuen close`", file=sys.stderr)
        return WRONG_USAGE
    site = load_site(options.folder)
    if options.key is None and not options.unsigned:
        options.key = options.folder / KEY_FILE
    return _write(_provisional(site, options) if options.provisional else _closed(site, options.fiscal_year), options)


def _closed(site: Site, fiscal_year: int) -> Submission:
    found = newest_closed(site, fiscal_year)
    if found is None:
        hint = "close it with `atsuen close`, or submit provisional figures with --provisional"
        raise SubmissionError(f"fiscal year {fiscal_year} is not closed: {hint}")
    return found[0]


def _provisional(site: Site, options: argparse.Namespace) -> Submission:
    company = options.company or site.file.site.company
    if not (company and options.approved_by):
        raise SubmissionError("--approved-by is needed, and --company or the key company in [site]")
    now_utc_s = SystemClock().now_ms() // 1000
    today = datetime.fromtimestamp(now_utc_s, site.file.site.zone).date().isoformat()
    wanted = Wanted(
        options.fiscal_year,
        company,
        Approval(person=options.approved_by, day=options.approved_on or today),
        is_provisional=True,
        through=options.through,
        scheme=options.scheme,
    )
    return build_for_site(site, wanted, now_utc_s)


def _from_totals(options: argparse.Namespace) -> int:
    return _write(read_totals(options.totals, program_name()), options)


def _write(submission: Submission, options: argparse.Namespace) -> int:
    """Sign, unless it is a draft, and write the file."""
    document = write_document(submission)
    data = document if options.unsigned else sign(document, read_private_key(options.key))
    path = options.out or Path(file_name_of(submission, "json" if options.unsigned else "jws"))
    put_file(data, path)
    if options.json:
        print(json.dumps({"file": str(path), "digest": digest_of(document), "signed": not options.unsigned}))
    else:
        print(word(texts_for(options.lang), "written", file=path))
    return 0


def file_name_of(submission: Submission, ending: str) -> str:
    """What a submission's file is called unless somebody says otherwise."""
    who = submission.participant
    return f"{who.company}-{who.site}-{submission.fiscal_year}-r{submission.revision}.{ending}"


def _verify(options: argparse.Namespace) -> int:
    keys = _keys_on_file(options)
    verdicts = {path: _verdict(path, keys) for path in options.files}
    if options.json:
        print(json.dumps([_as_json(path, verdict) for path, verdict in verdicts.items()], ensure_ascii=False))
    else:
        for path, verdict in verdicts.items():
            _print_verdict(path, verdict, options)
    return 0 if all(verdict.holds for verdict in verdicts.values()) else FAILED


def _keys_on_file(options: argparse.Namespace) -> KeyRing:
    if options.keys is not None:
        return read_key_ring(options.keys)
    return ring_of(read_private_key(options.folder / KEY_FILE).public)


def _verdict(path: Path, keys: KeyRing) -> Verdict:
    try:
        return examine(read_file(path), keys)
    except SubmissionError as error:
        return Verdict(error.faults)


def _print_verdict(path: Path, verdict: Verdict, options: argparse.Namespace) -> None:
    texts, submission = texts_for(options.lang), verdict.submission
    for reason in verdict.texts(texts.language):
        print(f"{path}: {reason}", file=sys.stderr)
    if not verdict.holds or submission is None or verdict.key is None:
        print(word(texts, "verify_bad", file=path))
        return
    facts = {
        "company": submission.participant.company,
        "site": submission.participant.site,
        "year": submission.fiscal_year,
        "revision": submission.revision,
        "status": word(texts, submission.status),
        "key": f"{verdict.key.name} {verdict.key.kid}",
        "digest": verdict.digest,
    }
    print(word(texts, "verify_good", file=path, **facts))


def _as_json(path: Path, verdict: Verdict) -> dict[str, Any]:
    submission = verdict.submission
    return {
        "file": str(path),
        "holds": verdict.holds,
        "kid": verdict.kid,
        "key": verdict.key.name if verdict.key else None,
        "digest": verdict.digest,
        "company": submission.participant.company if submission else None,
        "site": submission.participant.site if submission else None,
        "fiscal_year": submission.fiscal_year if submission else None,
        "revision": submission.revision if submission else None,
        "status": submission.status if submission else None,
        "reasons": list(verdict.reasons),
        "deviations": [
            {"where": d.where, "what": d.what, "stated": d.stated, "recomputed": d.recomputed}
            for d in verdict.deviations
        ],
    }


def _show(options: argparse.Namespace) -> int:
    opened = open_unverified(read_file(options.file))
    if options.json:
        facts = {"kid": opened.kid, "verified": False, "document": opened.submission.model_dump(mode="json")}
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    texts, console = texts_for(options.lang), Console()
    signed = opened.kid or word(texts, "signed_not")
    if options.xlsx or options.html:
        day = datetime.fromisoformat(opened.submission.approval.day).replace(tzinfo=UTC)
        report = submission_report(texts, opened.submission, signed)
        for path in write_report(report, int(day.timestamp()), options.xlsx, options.html):
            print(word(texts, "written", file=path))
        return 0
    for table in submission_tables(texts, opened.submission, signed):
        console.print(for_people(table, console.width))
    return 0


def _check_before_sending(options: argparse.Namespace, file: bytes, opened: Opened) -> None:
    """Raises SubmissionError for a file that nobody would accept; the signature is held against the site's own key."""
    language = texts_for(options.lang).language
    if opened.kid is None:
        raise SubmissionError(f"{options.file}: is a draft; sign it first")
    own = options.folder / KEY_FILE
    if own.exists():
        verdict = examine(file, ring_of(read_private_key(own).public))
        found = verdict.texts(language)
    else:
        found = tuple(fault.text(language) for fault in deviations_of(opened.submission))
    if found:
        raise SubmissionError(*(f"{options.file}: {reason}" for reason in found))


def _send(options: argparse.Namespace) -> int:
    texts = texts_for(options.lang)
    file = read_file(options.file)
    opened = open_unverified(file)
    _check_before_sending(options, file, opened)
    if options.mqtt:
        site = load_site(options.folder)
        is_heard = asyncio.run(hand_to_broker(site, opened.submission, file))
        place, answer = topic_of(site, opened.submission), ""
        sentence = word(texts, "sent_mqtt" if is_heard else "sent_nobody", place=place)
    elif options.https:
        place, answer = options.https, send_by_https(options.https, file, options.ca)
        sentence = word(texts, "sent_https", place=place, answer=answer)
    else:
        path = options.to / file_name_of(opened.submission, "jws")
        put_file(file, path)
        place, answer = str(path), ""
        sentence = word(texts, "sent_folder", place=place)
    print(json.dumps({"place": place, "answer": answer}, ensure_ascii=False) if options.json else sentence)
    return 0


COMMANDS: Mapping[str, Command] = {
    "make_key": _told(_make_key),
    "show_key": _told(_show_key),
    "build": _told(_build),
    "from_totals": _told(_from_totals),
    "verify": _told(_verify),
    "show": _told(_show),
    "send": _told(_send),
}
