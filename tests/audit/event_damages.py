"""Ways to hurt an event: what its members say."""

from typing import Final

from damage import ALONE, BY_HAND, Damage, added, found, legal, lengthened, on_event, put
from lifecycle_conformance.model.file_layout import MEMBERS
from lifecycle_conformance.model.identity import safe
from stored_files import Object, StoredFiles

_EVENT_MEMBERS: Final = (*MEMBERS["event"],)
_AT_THAT_TIME: Final = "the run was so at that time"


def _with_integer(stored: StoredFiles) -> list[int]:
    return [each for each in stored.stable() if _integer_in(stored.event(each)) is not None]


def _integer_in(event: Object) -> str | None:
    """The name of an integer in the metadata of an event."""
    metadata = event["payload"].get("metadata")
    return (
        next((name for name, each in metadata.items() if type(each) is int), None)
        if isinstance(metadata, dict)
        else None
    )


def _as_double(event: Object) -> None:
    name = _integer_in(event)
    event["payload"]["metadata"][name] = float(event["payload"]["metadata"][name])


def _other_wait(event: Object) -> None:
    """Let it wait for what neither the metadata nor a gate can have said."""
    metadata = event["payload"].get("metadata")
    named = metadata.get("wait_kind") if isinstance(metadata, dict) else None
    other = "webhook" if isinstance(named, str) and named.strip() == "timer" else "timer"
    values = {**event, "wait_kind": other}
    event.clear()
    event.update({name: values[name] for name in _EVENT_MEMBERS if name in values})


def _other_name_in_id(event: Object) -> None:
    head, name = f"automation-v2-lifecycle-{event['run_id']}-", safe(event["payload"]["event"])
    event["event_id"] = f"{head}{event['event_id'].removeprefix(head).replace(name, f'{name}.', 1)}"


def _names_a_node(stored: StoredFiles) -> list[int]:
    """The events whose metadata name the node that they have."""
    return [
        number
        for number in stored.recorded()
        if isinstance(metadata := (event := stored.event(number))["payload"].get("metadata"), dict)
        and isinstance(node := metadata.get("node_id"), str)
        and node.strip()
        and event.get("phase_id") == node.strip()
    ]


def _other_status(event: Object) -> None:
    event["payload"]["status"] = "failed" if event["payload"]["status"] != "failed" else "completed"


def _more(event: Object) -> None:
    event["payload"] = dict(sorted({**event["payload"], "waits": True}.items()))


def _other_stop_kind(event: Object) -> None:
    event["payload"]["stop_kind"] = "panic" if event["payload"]["stop_kind"] != "panic" else "shutdown"


EVENTS: Final[dict[str, Damage]] = {
    "a seq leaves some out": found(
        "seq-missing", on_event(added(3, "seq"), StoredFiles.last_ones), "wrong-snapshot-member"
    ),
    "an id was changed": found("wrong-event-id", on_event(lengthened("event_id")), ALONE),
    "a reason was changed": found(
        "wrong-event-id", on_event(put(BY_HAND, "payload", "reason"), StoredFiles.stable), breaks="LOG-8"
    ),
    "a stop kind was changed": found("wrong-event-id", on_event(_other_stop_kind, StoredFiles.stable)),
    "a stop kind isn't one": found(
        "wrong-payload-member", on_event(put(BY_HAND, "payload", "stop_kind")), "wrong-event-id", breaks="REC-9"
    ),
    "a reason is no text": found(
        "wrong-payload-member", on_event(put([BY_HAND], "payload", "reason")), "wrong-event-id"
    ),
    "metadata were changed": found(
        "wrong-event-id",
        on_event(put({"by": "hand"}, "payload", "metadata"), StoredFiles.stable),
        "wrong-event-member",
        breaks="ID-1",
    ),
    "a time was changed": found(
        "wrong-event-id",
        on_event(added(1, "occurred_at_ms"), StoredFiles.stable),
        "wrong-snapshot-member record-recorded-twice",  # the next record may be the same, but for that
    ),
    "an automation was changed": found(
        "wrong-event-id", on_event(put(BY_HAND, "correlation_id"), StoredFiles.stable), "wrong-payload-member"
    ),
    "an occurrence was changed": found(
        "wrong-event-id",
        on_event(added(1, "payload", "lifecycle_occurrence"), StoredFiles.stable),
        "record-recorded-twice",
        breaks="OCC-1",
    ),
    "an event type was changed": found(
        "wrong-event-id",
        on_event(lengthened("event_type")),
        "wrong-payload-member wrong-snapshot-metadata wrong-phase",  # none but a retry has its phase
        breaks="REC-15",
    ),
    "a source was changed": found("wrong-payload-member", on_event(put(BY_HAND, "payload", "source"))),
    "an automation of a payload was changed": found(
        "wrong-payload-member", on_event(put(BY_HAND, "payload", "automation_id"))
    ),
    "a name in a payload was changed": found("wrong-payload-member", on_event(put(BY_HAND, "payload", "event"))),
    "an activity was changed": found(
        "wrong-payload-member", on_event(put(None, "payload", "counts_as_activity")), breaks="EVENT-10"
    ),
    "what it waits for was changed": found("wrong-event-member", on_event(_other_wait), breaks="EVENT-6 EVENT-7"),
    "an integer became a double": found(
        "wrong-event-id",
        on_event(_as_double, _with_integer),
        "wrong-event-member number-changed",
        breaks="JSON-6 JSON-5",
    ),
    "the name in an id was changed": found(
        "wrong-event-id",
        on_event(_other_name_in_id),
        ALONE,
        breaks="ID-6",
    ),
    "a cause was changed": found(
        "wrong-event-member", on_event(put(BY_HAND, "causation_id")), "member-order", breaks="EVENT-8 EVENT-9"
    ),
    "a node was changed": found(
        "wrong-event-member", on_event(put(BY_HAND, "phase_id"), _names_a_node), breaks="EVENT-4"
    ),
    "a status of an event was changed": legal(_AT_THAT_TIME, on_event(_other_status)),
    "a status of an event isn't one": found("wrong-payload-member", on_event(put(BY_HAND, "payload", "status"))),
    "a payload has a member more": found("wrong-payload-member", on_event(_more)),
    "a payload lacks its trigger": found(
        "wrong-payload-member", on_event(lambda event: event["payload"].pop("trigger_type"))
    ),
    "an index became a text": found("wrong-payload-member", on_event(put("0", "payload", "lifecycle_index"))),
    "a trigger was changed": legal(_AT_THAT_TIME, on_event(put(BY_HAND, "payload", "trigger_type"))),
    "an index was changed": legal(_AT_THAT_TIME, on_event(added(1, "payload", "lifecycle_index")), breaks="EVENT-3"),
}
