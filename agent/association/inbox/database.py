"""The database of the association: SQLite in a file, or PostgreSQL. Knows transactions, not what is kept."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, TimeoutError  # noqa: A004 - of the pool
from sqlalchemy.pool import ConnectionPoolEntry

from agent.association.inbox.schema import METADATA, VERSION, version
from agent.storage.refusal import StorageError

_BUSY_MS = 30_000
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
        connect = {"timeout": _BUSY_MS / 1000} if self.is_sqlite else {"connect_timeout": 5}
        self._engine = create_engine(parsed, pool_pre_ping=not self.is_sqlite, connect_args=connect)
        if self.is_sqlite:
            _let_sqlite_begin(self._engine)
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

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """All rows of a query. Raises StoreAway."""
        with self.reading() as connection:
            return connection.execute(query).all()

    def insert_new(self, connection: Connection, table: Table, values: Mapping[str, object]) -> int | None:
        """Insert a row; gives its id, or None where a unique constraint says that it is there."""
        dialect = sqlite if self.is_sqlite else postgresql
        statement = dialect.insert(table).values(values).on_conflict_do_nothing().returning(table.c.id)
        found = connection.execute(statement).scalar_one_or_none()
        return None if found is None else int(found)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, TimeoutError) as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            raise StoreAway(f"{self.name}: {reason}; is the database up, and may this program use it?") from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:
                raise  # a mistake of ours
            raise StorageError(f"{self.name}: {error.orig}; the file is damaged: take the last copy") from error

    def _make_tables(self) -> None:
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK_OF_SCHEMA})
            METADATA.create_all(connection)
            found = connection.execute(select(version.c.number)).scalar_one_or_none()
            if found is None:
                connection.execute(insert(version).values(number=VERSION))
            elif found > VERSION:
                hint = "update this program, or take the newer one"
                raise StorageError(
                    f"{self.name}: its tables are of version {found}, this program knows {VERSION}; {hint}"
                )


def _let_sqlite_begin(engine: Engine) -> None:
    """Writers take the lock when they begin, so that what they have read still holds when they write."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
