"""The lines that were exchanged with a driver, kept as they were."""

from collections.abc import Sequence

from attrs import define

from lifecycle_conformance.driver.process import DriverProcess, Start, executed


@define
class Exchange:
    """A line that a driver was sent, and the line that came back; none where no whole line came in time."""

    request: bytes
    answer: bytes | None = None


class OverheardProcess(DriverProcess):
    """A driver's process whose lines are kept in a transcript, which several processes may share."""

    def __init__(self, transcript: list[Exchange], command: Sequence[str], start: Start = executed) -> None:
        super().__init__(command, start)
        self._transcript = transcript

    def exchange(self, request: bytes, timeout_s: float) -> bytes:
        """Send a line and return the line that comes back, as any process does; both are kept."""
        kept = Exchange(request.rstrip(b"\n"))
        self._transcript.append(kept)
        kept.answer = super().exchange(request, timeout_s)
        return kept.answer
