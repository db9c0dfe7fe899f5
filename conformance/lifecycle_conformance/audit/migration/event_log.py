"""What the import makes of the log: each line that isn't blank has to be an event."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO, Final

from lifecycle_conformance.audit.finding import Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import Collected
from lifecycle_conformance.audit.migration.columns import MOST_BYTES, fits, reserved_in
from lifecycle_conformance.audit.migration.places import Places, UnreadableError, opened
from lifecycle_projection.codec import event_from
from lifecycle_projection.errors import InvalidInputError, NotJsonError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Event
from lifecycle_projection.text import trimmed

_CHUNK: Final = 1 << 20
_BYTE_ORDER_MARK: Final = "\ufeff".encode()


def events_imported(places: Places, collected: Collected) -> int:
    """How many events the import counts, dropped ones included (DB-4, DB-13)."""
    name = places.shown(places.log)
    try:
        file = opened(places.log)
    except UnreadableError as error:
        collected.tell(kinds.LOG_UNREADABLE, Where(path=name), "the log can't be read", expected=str(error))
        return 0
    if file is None:
        return 0
    log = _Log(name, collected)
    with file:
        for number, line in enumerate(_lines(file), start=1):
            log.take(number, line)
    return log.events


def digest(text: str) -> bytes:
    """A short stand-in for an id, of which an index holds millions."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a log, each with its end; `None` for one that is too large to be held."""
    while line := file.readline(MOST_BYTES + 1):
        if len(line) <= MOST_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_CHUNK)
        yield None


class _Log:
    """The log as far as it has been read: how many events, and where each id and each seq stands."""

    def __init__(self, name: str, collected: Collected) -> None:
        self.events = 0
        self._name = name
        self._collected = collected
        self._line_of_id: dict[bytes, int] = {}
        self._line_of_seq: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def take(self, number: int, line: bytes | None) -> None:
        """Look at a line."""
        where = Where(path=self._name, line=number)
        if line is None:
            self._collected.tell(kinds.TOO_LARGE, where, "the line is too large to be looked at")
            return
        try:
            event = event_from(read_json(line.rstrip(b"\n")))  # with its end, the reader would take longer
        except InvalidInputError as error:
            self._tell_unreadable(where, line, error)
            return
        self.events += 1
        self._tell_columns(event, where)
        self._tell_doubles(event, number, where)

    def _tell_unreadable(self, where: Where, line: bytes, error: InvalidInputError) -> None:
        tell = self._collected.tell
        try:
            text = line.decode()
        except UnicodeDecodeError:
            tell(kinds.LOG_NOT_UTF8, where, "the line holds bytes that are no UTF-8")
            return
        if trimmed(text) is None:
            return
        if line.startswith(_BYTE_ORDER_MARK):
            tell(kinds.LOG_BYTE_ORDER_MARK, where, "the line begins with a byte order mark")
        elif isinstance(error, NotJsonError) and not line.endswith(b"\n"):
            tell(kinds.LOG_TORN_TAIL, where, "the last line was cut off", expected=str(error))
        else:
            tell(kinds.LOG_LINE_UNREADABLE, where, "the line doesn't parse as an event", expected=str(error))

    def _tell_columns(self, event: Event, where: Where) -> None:
        ids = {"run_id": event.run_id, "event_id": event.event_id}
        if not fits((event.seq, event.occurred_at_ms)):
            self._collected.tell(kinds.EVENT_NUMBER_TOO_LARGE, where, "its seq or time is 2^63 or more", **ids)
        if member := reserved_in(event.scope.tenant_context):
            message = f"the {member} of its tenant is reserved"
            self._collected.tell(kinds.EVENT_TENANT_RESERVED, where, message, **ids)

    def _tell_doubles(self, event: Event, number: int, where: Where) -> None:
        ids = {"run_id": event.run_id, "event_id": event.event_id}
        same_seq = self._line_of_seq[event.run_id].setdefault(event.seq, number)
        same_id = self._line_of_id.setdefault(digest(event.event_id), number)
        if same_seq != number:
            message = f"line {same_seq} holds an event of this run with the same seq"
            self._collected.tell(kinds.EVENT_SEQ_TWICE, where, message, **ids)
        elif same_id != number:
            message = f"it is dropped: line {same_id} holds an event with its id"
            self._collected.tell(kinds.EVENT_DROPPED, where, message, **ids)
