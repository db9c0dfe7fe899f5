"""A session: the requests that are sent to an implementation, each judged as soon as it is answered.

Beside the operations of the protocol a session has operations of the harness, such as a restart. All requests can be
written down and replayed: a case file holds the requests of a session.
"""

import traceback
from collections.abc import Iterator, Sequence
from typing import Final, NoReturn

import orjson
from attrs import frozen

from lifecycle_conformance.driver.interface import Answer, BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.execution.file_operations import OutsideError, contents, folders
from lifecycle_conformance.execution.judgement import Judgement, Registered
from lifecycle_conformance.execution.operations import LOOKING, ON_FILES
from lifecycle_conformance.execution.performing import Performer
from lifecycle_conformance.execution.presuppositions import counted
from lifecycle_conformance.execution.step_summary import number_of_session, number_of_step, seen_of
from lifecycle_conformance.execution.trace import (
    Files,
    Object,
    Owner,
    Request,
    Shown,
    Step,
    Trace,
    View,
    owner_of_run,
    owners_of,
    tenant_of,
)
from lifecycle_conformance.specification import schemas
from lifecycle_projection.records import Json

_EXIT: Final = "DRIVER-16"
"""The requirement on how a process ends. That says nothing of what is stored, so the session goes on."""
_MASKING: Final = frozenset({"FILE-17", "FILE-19", "REC-12", "TENANT-2", "TENANT-3"})
"""Where one of these is broken, what is shown is not what is stored: other judgements on the step mean nothing."""
_ENDING: Final = frozenset({"greet", "open", "restart"}) | ON_FILES


class SessionOverError(Exception):
    """What the implementation shows can't be relied on any more: later steps would mean nothing."""


@frozen(kw_only=True)
class Judged:
    """A judgement on a step of a session.

    `step` is the number that stands for the step, the same in whichever session it occurs; `length` is the number of
    requests up to it; `seen` is what a step that broke something led to (see :func:`seen_of`).
    """

    judgement: Judgement
    step: int
    length: int
    seen: Object | None = None


@frozen(kw_only=True)
class SuiteError:
    """A check that could not judge a step, or an action that could not be run, and where.

    It is a defect of the suite, or an answer that nobody thought of.
    """

    where: str
    traceback: str


class Session:
    """The steps of one session, judged by some checks. Raises what :meth:`Driver.ask` raises."""

    def __init__(self, driver: Driver, checks: Sequence[Registered]) -> None:
        self.driver = driver
        self._checks = checks
        self.trace = Trace()
        self.requests: list[Request] = []
        self.judgements: list[Judged] = []
        self.errors: list[SuiteError] = []
        self.ended_by: set[str] = set()
        self._given = 0
        self._performer = Performer(driver)
        self._records: dict[tuple[str, bytes], Object] = {}
        self._views: dict[int, View] = {}
        self._files: dict[int | None, Files | None] = {}
        self._done: list[str] = []

    def end(self) -> None:
        """Remove the stores."""
        self._performer.end()

    @property
    def view(self) -> View:
        """What the implementation showed last of the store that is open."""
        return {} if self._performer.store is None else self._views[self._performer.store]

    def files(self) -> Files | None:
        """What the store directory holds, where the implementation declares `files`."""
        return contents(self._performer.folder()) if self._has_files() else None

    def _files_now(self) -> Files | None:
        """What the store directory held after the newest step: nobody is asked between two steps, so it isn't read."""
        store = self._performer.store
        return self._files[store] if store in self._files else self.files()

    def _folders(self, op: str) -> frozenset[str] | None:
        return folders(self._performer.folder()) if op == "prune" and self._has_files() else None

    def _has_files(self) -> bool:
        return self._performer.store is not None and "files" in self.driver.hello.capabilities

    def unseen(self) -> list[Judged]:
        """The judgements since this was asked last."""
        unseen, self._given = self.judgements[self._given :], len(self.judgements)
        return unseen

    def do(self, op: str, /, **arguments: Json) -> Step:
        """Take one step and judge it.

        Beside the operations of the protocol there are those of the harness:

        - `greet`: a fresh process, no store open yet;
        - `open {store}`: the session's store of that number, a new and empty one at first;
        - `restart {kill}`: the store that is open in a fresh process, the old one ended or killed;
        - `refuse {request, kind, because}`: a request that must be refused with that kind, by a list of requirements;
          the `store` that it names is a path inside the session's own folder;
        - `read {run | run_json, means, because}`: in two new stores, a pass over the run record `means`, and one over
          the same written in another way, to judge one requirement; `before` is what the first shows, `after` what the
          second does. No store is open in a session that does this;
        - `say {line}`: a line that is no request, sent as it stands (`bytes` instead of `line`: in hexadecimal);
        - `tear {text, bytes}`: so many bytes of a line, put at the end of the log as by a writer that died;
        - `put {path, text}`, `remove {path}`: a file of the store directory replaced by, or made with, that text
          (`bytes` instead of `text`: in hexadecimal), or removed.

        Raises :class:`SessionOverError` after a step that leaves nothing to rely on.
        """
        self.requests.append((op, arguments))
        try:
            step = self._taken(op, arguments)
        except BrokenDriverError as error:
            if error.breaks is not None:
                self._fail(error.breaks, "a line that is no answer", [error.message])
            raise
        self._judge(step)
        return step

    def _taken(self, op: str, arguments: Object) -> Step:
        before, files_before, folders_before = self._expected(op, arguments), self._files_now(), self._folders(op)
        if op == "read":
            before, answer, after = self._read(arguments)
        else:
            answer = self._perform(op, arguments)
            self._done.append(op)
            after = self._look(op, before)
        self._files[self._performer.store] = self.files()
        return Step(
            op=op,
            arguments=arguments,
            answer=answer,
            before=before,
            after=after,
            files_before=files_before,
            files_after=self._files_now(),
            folders_before=folders_before,
            folders_after=self._folders(op),
            capabilities=self.driver.hello.capabilities,
        )

    def _expected(self, op: str, arguments: Object) -> View:
        """What was shown of all that the request may touch; of a store to be opened, when it was open last."""
        if op == "open":
            return {**dict.fromkeys(self.view, Shown()), **self._views.get(arguments["store"], {})}
        new = (owner for owner in owners_of(op, arguments) if owner not in self.view)
        return {**({} if self._performer.store is None else {owner: self._shown(owner) for owner in new}), **self.view}

    def _look(self, op: str, before: View) -> View:
        """Ask what is shown now, unless the request was one that changes no store."""
        if self._performer.store is None:
            return {}
        view = before if op in LOOKING else {owner: self._shown(owner) for owner in before}
        self._views[self._performer.store] = view
        return view

    def err(self, where: str) -> None:
        """Note the exception that is being handled as a defect of the suite."""
        self.errors.append(SuiteError(where=where, traceback=traceback.format_exc()))

    # --- judging ------------------------------------------------------------------------------------------------------

    def _judge(self, step: Step) -> None:
        number, length, seen = number_of_step(step), len(self.requests), len(self.judgements)
        for judgement in counted(self._said(step)):
            led_to = None if judgement.holds else seen_of(step)
            self.judgements.append(Judged(judgement=judgement, step=number, length=length, seen=led_to))
        self.trace.steps.append(step)
        wrong = {each.judgement.requirement for each in self.judgements[seen:] if not each.judgement.holds}
        if masking := wrong & _MASKING:
            kept = [
                each for each in self.judgements[seen:] if each.judgement.holds or each.judgement.requirement in masking
            ]
            self.judgements[seen:] = kept
        if masking or (step.op in _ENDING and wrong - {_EXIT}):
            self.ended_by |= masking or wrong - {_EXIT}
            raise SessionOverError

    def _said(self, step: Step) -> Iterator[Judgement]:
        """What the checks say of a step; one that can't judge costs its own verdict and nobody else's."""
        for registered in self._checks:
            try:
                yield from registered.judgements(step, self.trace)
            except Exception:  # noqa: BLE001 - see above
                self.err(registered.name)

    # --- asking -------------------------------------------------------------------------------------------------------

    def _perform(self, op: str, arguments: Object) -> Answer:
        """Do a request; a link that leads out of the store, put there by a driver, ends the session."""
        try:
            return self._performer.do(op, arguments)
        except OutsideError:
            raise SessionOverError from None

    def _read(self, arguments: Object) -> tuple[View, Answer, View]:
        """Pass over a run in a new store, and over the same run, written in another way, in another new one."""
        assert self._performer.store is None
        written: Object = {name: arguments[name] for name in ("run", "run_json") if name in arguments}
        views, answer = [], Answer()
        plain: Object = {"run": arguments["means"]}
        for number, asked in enumerate((plain, written)):
            self.driver.ask("open", store=self._performer.directory(f"reading-{len(self.requests)}-{number}"))
            answer = self.driver.ask("project", **asked)
            views.append({owner: self._shown(owner) for owner in [owner_of_run(arguments["means"])]})
        return views[0], answer, views[1]

    def _shown(self, owner: Owner) -> Shown:
        asked: Object = {"tenant": tenant_of(owner.tenant), "run_id": owner.run_id}
        shown = []
        for op, schema in (("events", "event-stored"), ("snapshots", "snapshot-stored")):
            answer = self.driver.ask(op, **asked)
            if answer.error is not None:
                refused = f"it was refused: {answer.error.kind}, {answer.error.message}"
                what = f"`{op}` of run {owner.run_id!r} shows nothing"
                self._end_by(self._blamed(op), what, [refused], answer.error.data)
            records = []
            for number, record in enumerate((answer.ok or {})[op]):
                if (known := self._known(schema, record)) is None:
                    what = f"item {number} of what `{op}` shows of run {owner.run_id!r} can't be read"
                    self._end_by("DRIVER-5", what, schemas.sentences(schema, record), record)
                records.append(known)
            shown.append(tuple(records))
        return Shown(*shown)

    def _blamed(self, op: str) -> str:
        """The requirement that says that what is asked for is shown all the same, after what has been done."""
        if self._done and self._done[-1] in {"refuse", "say"}:
            return "DRIVER-15"
        return "DRIVER-5" if ON_FILES.isdisjoint(self._done) else {"events": "FILE-18", "snapshots": "FILE-21"}[op]

    def _known(self, schema: str, record: Object) -> Object | None:
        """The same object each time that a record is shown, so that what follows from it is worked out once.

        None for a record that isn't valid.
        """
        key = schema, orjson.dumps(record)
        if key not in self._records and schemas.is_valid(schema, record):
            self._records[key] = record
        return self._records.get(key)

    def _end_by(self, requirement: str, what: str, problems: Sequence[str], shown: Json) -> NoReturn:
        """End the session by a requirement: what is shown can't be judged any further."""
        self._fail(requirement, what, problems, {"shown": shown})
        self.ended_by.add(requirement)
        raise SessionOverError

    def _fail(self, requirement: str, what: str, problems: Sequence[str], seen: Object | None = None) -> None:
        """Note that a requirement is broken by what is no step that a check could judge."""
        judgement = Judgement(requirement=requirement, what=what, problems=tuple(problems))
        number, length = number_of_session(self.requests), len(self.requests)
        self.judgements.append(Judged(judgement=judgement, step=number, length=length, seen=seen))


def executed(
    driver: Driver, requests: Sequence[Request], checks: Sequence[Registered]
) -> tuple[Session, BrokenDriverError | None]:
    """Run a session to its end; the session, and how its driver broke, if it did."""
    session, broke = Session(driver, checks), None
    try:
        for op, arguments in requests:
            session.do(op, **arguments)
    except SessionOverError:
        pass
    except BrokenDriverError as error:
        broke = error
    except BringUpError as error:
        broke = error.as_breakdown()
    finally:
        session.end()
    return session, broke
