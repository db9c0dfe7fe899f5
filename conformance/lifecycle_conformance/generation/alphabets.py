"""The awkward texts and numbers that sessions are made of, by where they stand: here is where one is added.

Each is there because some implementation gets it wrong: it sorts, trims, escapes, lower-cases, shortens or counts it in
its own way, or takes it for a path.
"""

from typing import Final

from lifecycle_projection.records import Json

AWKWARD: Final[tuple[tuple[str, str], ...]] = (
    ("", "empty-reason-is-absent"),
    (" node-a ", "node-id-not-trimmed"),
    ("\x1cnode-a", "trimmed-as-python-does"),
    ("\x85node-a\u3000", "trimmed-of-ascii-only"),
    ("\u200bb", "trimmed-of-zero-width"),
    ("\ufeffb", "trimmed-as-javascript-does"),
    ("Node-A", "names-in-lower-case"),
    ("a.b", "points-replaced"),
    ("größe", "letters-of-all-alphabets"),
    ("😀", "each-unit-replaced"),
    ("e\u0301", "texts-are-composed-for-the-identity"),
    ("\u2028", "line-separators-escaped"),
    ("\x7f", "delete-escaped"),
    ("a\x00b", "text-ends-at-nul"),
    ("\x08\x0c", "no-escapes-by-letter"),
    ("a\x1fb", "escapes-in-upper-case"),
    ('"\\\n', "sorted-by-escaped-names"),
    ("a/b", "slashes-escaped"),
    ("<&>", "html-escaped"),
    ("10", "names-that-are-numbers-come-first"),
    ("\uffff", "outputs-by-utf16"),
    ("$$&%s{0}\\1", "dollars-in-run-ids"),
)
"""Texts that may stand wherever a text may, each with a faulty implementation that it unmasks."""


def _with_awkward(*plain: str) -> tuple[str, ...]:
    """Some texts and all awkward ones, the former about as often."""
    return (*plain * max(1, len(AWKWARD) // len(plain)), *(text for text, _ in AWKWARD))


# --- names and ids ----------------------------------------------------------------------------------------------------

EVENT_NAMES: Final = _with_awkward(
    "Node_Started", "a.b_c-d", "node started", " node_started ", "/", "../x", "a/b\\c:d", "tab\tname",
    "größe 😀", "\u2028\x1c", "\x00\x1f\x7f", '"quoted"', "event", "run_execution_claimed ", "n" * 60, "é" * 30,
)  # fmt: skip
"""Names of lifecycle events, beside those that production writes."""
RUN_IDS: Final = _with_awkward("run-1", "run-2", "Run-1", "run/1", "run:1", "run 1", " run-1 ", "..", "run-1-0")
NO_FILE_NAMES: Final = ("run/with:odd é", "😀", ".", "..", "...", "", "a/b", "größe 1")
"""Run ids that are no file names as they are (FILE-4)."""
SORTED_APART: Final = ("\U0001f600", "\uffff", "z")
"""Run ids that UTF-16 puts in another order than code points."""
IN_ORDER: Final = ("ab", "9a", "Za", "zÿ", "ÿ😀", "\uffff😀")
"""Pairs of letters in the order of their code points, which is not everybody's for the last four."""
AUTOMATION_IDS: Final = _with_awkward("automation-1", "automation-2", "a: b", "größe 😀", "..")
SESSION_IDS: Final = _with_awkward("session-1", "session-2", "b", "ü 😀")
NODE_IDS: Final = _with_awkward("node-a", "node-b", "c", "b😀", "b\uffff")
TRIGGERS: Final = _with_awkward("manual", "schedule", "ü 😀")

# --- texts ------------------------------------------------------------------------------------------------------------

TEXTS: Final = _with_awkward("node-a", "b", " ", "ü 😀")
"""Whatever is a text, or is read from one: ids in metadata, reasons, free-form values."""
WAITS: Final = (
    "timer", "webhook", "approval", "external_condition", "retry_backoff", " webhook ", "\u3000timer\x85",
    "\x1ctimer", "Timer", "waiting", "", " ",
)  # fmt: skip
"""What `wait_kind` may say (EVENT-8)."""
PADDING: Final = ("", " ", "\t\n", "\u2003", "\x85\u3000")
"""White space, of which texts are trimmed (REC-16)."""
NEVER_TRIMMED: Final = ("\x1c", "\u200b")
NOT_WHITE_SPACE: Final = "\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff" + "\x08\x0e\u1fff~"
"""What is no white space, though some take it for that, or what stands beside it in Unicode (REC-16)."""
CHARACTERS: Final = (
    *map(chr, range(0x20)),
    *"\"\\/<>&'\x7f\x80\x85\xa0é\u0301\u2028\u2029\u212b\ufeff\ufffd\uffff😀",
)
"""Characters that some escape, change or cut off, and some don't (JSON-4)."""

# --- members of free-form objects -------------------------------------------------------------------------------------

MEMBER_NAMES: Final = (*TEXTS, "z", "é")
UNKNOWN_NAMES: Final = _with_awkward("extra", "Node_id")
"""Members that metadata has beside the known ones."""
NAMES_TO_SORT: Final = (
    *("a", "b", "B", "Z", "_", "aa", "10", "9", "", "~", " "),
    *("é", "e\u0301", "z\u0308", "\uffff", "\ue000", "😀", "\U00010000", "ß"),
)
"""Names whose order differs by code points, by UTF-16 units, by locale, by number, by case and by length (JSON-3)."""

# --- numbers ----------------------------------------------------------------------------------------------------------

AWKWARD_NUMBERS: Final[tuple[tuple[int | float, str], ...]] = (
    (0, "no-attempts-left-out"),
    (0.1, "seventeen-digits"),
    (0.00001, "plain-from-a-ten-thousandth"),
    (1.25e-6, "plain-from-a-millionth"),
    (1e-7, "exponents-of-two-digits"),
    (5e-22, "point-before-exponents"),
    (99999999999999.5, "plain-to-ten-millions"),
)
"""Numbers that every driver can be sent, each with a faulty implementation that it unmasks.

Integers lie within ±2^53, doubles have at most 15 significant digits and exponents within ±22.
"""
AWKWARD_NUMBERS_TOLD_APART: Final[tuple[tuple[int | float, str], ...]] = (
    (-0.0, "minus-zero-without-sign"),
    (1e16, "plain-to-1e21"),
    (1e21, "exponents-without-plus"),
    (2**53 + 1, "integers-rounded"),
    (2**63 - 1, "large-integers-quoted"),
    (2**63, "signed-integers"),
    (2**64 - 1, "unsigned-read-as-doubles"),
    (-(2**63), "least-integer-is-a-double"),
)
"""The same for those that tell integers and doubles apart, and read all 64 bits (`json-numbers`)."""
NUMBERS: Final[tuple[Json, ...]] = (
    *(number for number, _ in AWKWARD_NUMBERS),
    *(1, -1, 7, 60, 2**53 - 1, -(2**53) + 1, 0.5, -2.25, 3.14159, 123456.789, 0.123456789012345),
)
NUMBERS_TOLD_APART: Final[tuple[Json, ...]] = (
    *(number for number, _ in AWKWARD_NUMBERS_TOLD_APART),
    *(1.0, 0.0, 1e15, -1e16, 1.5e22),
)
UNSIGNED: Final = tuple(number for number, _ in AWKWARD_NUMBERS if isinstance(number, int))
UNSIGNED_TOLD_APART: Final = tuple(
    number for number, _ in AWKWARD_NUMBERS_TOLD_APART if isinstance(number, int) and number > 0
)
"""Those that may stand where only a value of the type u64 can."""
HARD_INTEGERS: Final = ("18446744073709551616", "-9223372036854775809", "972806941859797078084")
HARD_DOUBLES: Final = ("-0", "0.1234567890123456789", "0.9341825998422749", "9007199254740993.0")
"""Numbers that lose their sign, or come a unit off, where they are not read as the nearest doubles."""
