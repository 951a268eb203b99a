"""The database of the association: SQLite in a file, or PostgreSQL. Knows transactions, not what is kept."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError, TimeoutError  # noqa: A004 - of the pool
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningInsert

from agent.association.inbox.schema import METADATA, VERSION, document, version
from agent.storage.refusal import StorageError

_BUSY_MS = 30_000
"""How long to wait for another program's transaction, which takes milliseconds, or a second when the checks ask."""

_POSTGRESQL_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is cut off is noticed after a minute, not after hours."""

_POSTGRESQL_SESSION = f"SET lock_timeout = {_BUSY_MS}; SET idle_in_transaction_session_timeout = {2 * _BUSY_MS}"
"""A program that stands still in the middle of a transaction does not stop the others for good."""

_MAY_NOT = "42501"
"""PostgreSQL's insufficient_privilege (its manual, appendix A)."""

_LOCK_OF_SCHEMA = 4_731_001
"""Any number: whoever makes tables in PostgreSQL holds the advisory lock of this name."""


class StoreAway(StorageError):  # noqa: N818 - the state of the database
    """The database cannot be used for now; the same may be tried again."""


class Database:
    """An open database with its tables. Transactions of writers come one after the other where they touch the same."""

    def __init__(self, url: str) -> None:
        """Open it and make what is missing. Raises StoreAway, or StorageError for tables of a newer program."""
        parsed = make_url(url)
        self.name = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = _sqlite_engine(parsed) if self.is_sqlite else _postgresql_engine(parsed)
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or not at all. Raises StoreAway."""
        with self._telling(), self._engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment's view of the database. Raises StoreAway."""
        with self._telling(), self._engine.connect() as plain:
            options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
            connection = plain.execution_options(**options)
            with connection.begin():
                yield connection

    def rows(self, query: Select[Any], values: Mapping[str, object] | None = None) -> Sequence[Any]:
        """All rows of a query with values for its parameters. Raises StoreAway."""
        with self.reading() as connection:
            return connection.execute(query, values).all()

    def insert_new(self, connection: Connection, table: Table, values: Mapping[str, object]) -> int | None:
        """Insert a row; gives its number, or None where a unique constraint says that it is there."""
        found = connection.execute(_new_row_of(table, is_sqlite=self.is_sqlite), values).scalar_one_or_none()
        return None if found is None else int(found)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, InternalError, TimeoutError) as error:
            raise StoreAway(
                f"{self.name}: {_reason_of(error)}; is the database up, and may this program use it?"
            ) from error
        except DatabaseError as error:
            if getattr(error.orig, "sqlstate", None) == _MAY_NOT:
                hint = "let the user own the database (createdb --owner USER)"
                raise StorageError(f"{self.name}: {_reason_of(error)}; {hint}") from error
            if type(error) is not DatabaseError:
                raise  # a mistake of ours
            raise StorageError(f"{self.name}: {error.orig}; the file is damaged: take the last copy") from error

    def _make_tables(self) -> None:
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK_OF_SCHEMA})
            METADATA.create_all(connection)
            _complete(connection)
            found = connection.execute(select(version.c.number)).scalar_one_or_none()
            if found is None:
                connection.execute(insert(version).values(number=VERSION))
            elif found > VERSION:
                hint = "update this program, or take the newer one"
                raise StorageError(
                    f"{self.name}: its tables are of version {found}, this program knows {VERSION}; {hint}"
                )


def _complete(connection: Connection) -> None:
    """Give tables that an earlier program made what they lack: a column, which is empty in their rows, and indexes."""
    there = {column["name"] for column in inspect(connection).get_columns(document.name)}
    for column in (column for column in document.c if column.name not in there):
        kind = column.type.compile(connection.dialect)
        connection.execute(text(f"ALTER TABLE {document.name} ADD COLUMN {column.name} {kind}"))
    for index in (index for table in METADATA.sorted_tables for index in table.indexes):
        index.create(connection, checkfirst=True)


def _reason_of(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())[:300]


@cache
def _new_row_of(table: Table, *, is_sqlite: bool) -> ReturningInsert[Any]:
    """A statement is put together once: that takes longer than running it."""
    new = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    return new.on_conflict_do_nothing().returning(*table.primary_key)


def _postgresql_engine(url: URL) -> Engine:
    given = {name: value for name, value in _POSTGRESQL_CONNECT.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, connect_args=given)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.execute(_POSTGRESQL_SESSION)
        connection.commit()

    return engine


def _sqlite_engine(url: URL) -> Engine:
    """Writers take the lock when they begin, so that what they have read still holds when they write."""
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
