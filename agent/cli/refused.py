"""Tells why something is refused: sentences in the reader's language, or with `--json` the parts of each."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from agent.settings.mistakes import Mistake
from agent.texts import texts_for
from agent.texts.sentences import Sentence, Words


def tell_refused(options: argparse.Namespace, reasons: Sequence[Sentence | Mistake]) -> None:
    """Print all reasons: for a person on the standard error, as JSON on the standard output."""
    if options.json:
        print(json.dumps({"refused": [_record(reason) for reason in reasons]}, ensure_ascii=False))
        return
    language = texts_for(options.lang).language
    print("\n".join(reason.text(language) for reason in reasons), file=sys.stderr)


def _record(reason: Sentence | Mistake) -> Mapping[str, object]:
    """The English sentence with kind, values and place."""
    if isinstance(reason, Sentence):
        return {"text": str(reason), "where": reason.place, **_kind(reason)}
    line = {"line": reason.line, "column": reason.column} if reason.line else {}
    return {"text": str(reason), "where": str(reason.path), **line, **_kind(reason.message)}


def _kind(words: Words) -> Mapping[str, object]:
    """Kind and values; empty for the words of another program."""
    if not isinstance(words, Sentence):
        return {"kind": "", "values": {}}
    return {"kind": words.kind, "values": {name: str(value) for name, value in words.values}}
