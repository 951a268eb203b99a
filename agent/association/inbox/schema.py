"""The tables of the association's database. Documents, answers and held files are added, never changed in content."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 1
METADATA = MetaData()

version = Table("schema_version", METADATA, Column("number", Integer, primary_key=True))

slot = Table(
    "slot",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("company", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("fiscal_year", Integer, nullable=False, index=True),
    UniqueConstraint("company", "site", "fiscal_year"),
)
"""A site's fiscal year. Whoever adds a revision to it holds its row."""

document = Table(
    "document",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("slot_id", ForeignKey("slot.id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("through", String(7)),
    Column("known_percent", String(40)),
    Column("measured_percent", String(40)),
    Column("digest", String(64), nullable=False, index=True),
    Column("kid", String(43), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("origin", Text, nullable=False),
    Column("received_utc_s", BigInteger, nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("file", LargeBinary, nullable=False),
    UniqueConstraint("slot_id", "revision"),
)

held = Table(
    "held",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("origin", Text, nullable=False),
    Column("first_utc_s", BigInteger, nullable=False),
    Column("last_utc_s", BigInteger, nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("company", String(64)),
    Column("site", String(64)),
    Column("fiscal_year", Integer),
    Column("revision", BigInteger),
    Column("reasons", Text, nullable=False),
    Column("is_from_known_key", Boolean, nullable=False),
    Column("settled_utc_s", BigInteger),
    Column("settled_by", String(200)),
    Column("file", LargeBinary),
)
_has_content = held.c.file.is_not(None)
Index("held_content", held.c.last_utc_s, held.c.id, sqlite_where=_has_content, postgresql_where=_has_content)
"""Few of many held files have their content: they are found without looking at all."""

question = Table(
    "question",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("slot_id", ForeignKey("slot.id"), nullable=False),
    Column("key", String(200), nullable=False),
    Column("text_ja", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("asked_utc_s", BigInteger, nullable=False),
    Column("is_raised", Boolean, nullable=False),
    UniqueConstraint("slot_id", "key"),
)
"""A question as the newest documents raise it; `is_raised` ends when they do not any more."""

asking = Table(
    "asking",
    METADATA,
    Column("fiscal_year", Integer, primary_key=True, autoincrement=False),
    Column("documents", BigInteger, nullable=False),
)
"""How many documents the questions of a year came of. Whoever asks holds the row."""

answer = Table(
    "answer",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("question_id", ForeignKey("question.id"), nullable=False, index=True),
    Column("about", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("person", String(200), nullable=False),
    Column("answered_utc_s", BigInteger, nullable=False),
)
"""An answer, with the words of the question that it answers: a question whose figures changed is open again."""

publication = Table(
    "publication",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("fiscal_year", Integer, nullable=False, index=True),
    Column("published_utc_s", BigInteger, nullable=False),
    Column("person", String(200), nullable=False),
    Column("sums", Text, nullable=False),
)
"""Forms that went out of the house, with the sums that their readers know."""
