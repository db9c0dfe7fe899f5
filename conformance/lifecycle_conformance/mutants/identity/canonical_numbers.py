"""Faults in canonical JSON: how integers and doubles are written before they are hashed."""

from collections.abc import Callable
from decimal import Decimal

from lifecycle_conformance.mutants.identity.canonical_texts import right, written_with
from lifecycle_conformance.mutants.mutant import Patches, fault


@fault("JSON-5", why="In JavaScript all numbers are doubles.")
def integers_rounded() -> Patches:
    """Integers beyond 2^53 are written as the nearest one that is a double."""
    return written_with(integer=lambda number: str(int(float(number))))


@fault("JSON-5", why="Large integers are quoted, so that JavaScript reads them.")
def large_integers_quoted() -> Patches:
    """Integers beyond 2^53 are written as strings."""
    return written_with(integer=lambda number: f'"{number}"' if abs(number) >= 2**53 else str(number))


@fault("JSON-5", why="Java has no unsigned integers.")
def integers_signed() -> Patches:
    """Integers of 2^63 and more are written as negative ones."""
    return written_with(integer=lambda number: str(number - 2**64 if number >= 2**63 else number))


@fault("JSON-6", "JSON-8", why="JavaScript writes 1.0 as `1`.")
def whole_doubles_hashed_as_integers() -> Patches:
    """Doubles whose value is whole are written as integers."""
    return written_with(
        double=lambda value: str(int(value)) if value.is_integer() and abs(value) < 1e16 else right(value)
    )


def _doubles(write: Callable[[float], str]) -> Patches:
    return written_with(double=write)


@fault("JSON-7", why="`%.17g` writes what reads back as the same double.")
def seventeen_digits() -> Patches:
    """Doubles are written with 17 digits."""

    def written(value: float) -> str:
        return f"{value:#.17g}".rstrip("0") if 1e-4 <= abs(value) < 1e15 and not value.is_integer() else right(value)

    return _doubles(written)


@fault("JSON-7", why="`DBL_DIG` says that a double has 15 digits.")
def fifteen_digits() -> Patches:
    """Doubles are written with at most 15 digits."""

    def written(value: float) -> str:
        digits, _, exponent = (text := f"{value:.14e}").partition("e")
        if not _is_plain(value):
            return f"{digits.rstrip('0').rstrip('.')}e{int(exponent):+d}"
        plain = f"{Decimal(text).normalize():f}"
        return plain if "." in plain else f"{plain}.0"

    return _doubles(written)


@fault("JSON-7", why="15 digits are tried, and 17 where they don't do.")
def fifteen_digits_or_seventeen() -> Patches:
    """Doubles that need 16 digits are written with 17."""

    def written(value: float) -> str:
        needs_more = value != float(f"{value:.15g}") and 1e-4 <= abs(value) < 1e15
        return f"{value:.17g}" if needs_more else right(value)

    return _doubles(written)


@fault("JSON-7", why="Each number of digits is tried in turn, rounded to even.")
def digits_tried_in_turn() -> Patches:
    """The nearest text of each length is tried, though a farther one of that length would read back."""

    def written(value: float) -> str:
        tried = next(text for each in range(17) if float(text := f"{value:.{each}e}") == value)
        digits, _, exponent = tried.partition("e")
        longer = len(digits) > len(repr(value).partition("e")[0])
        return f"{digits}e{int(exponent):+d}".replace("+-", "-") if longer and "e" in right(value) else right(value)

    return _doubles(written)


def _is_plain(value: float) -> bool:
    return "e" not in right(value)


@fault("JSON-8", why="`repr` is what Python writes into JSON.")
def plain_from_a_ten_thousandth() -> Patches:
    """Doubles below 0.0001 are written as Python does, with exponents of two digits."""
    return _doubles(lambda value: repr(value) if _is_plain(value) else right(value))


@fault("JSON-8", why="Java writes an exponent from ten millions on.")
def plain_to_ten_millions() -> Patches:
    """Doubles of 1e7 and more are written with exponents."""

    def written(value: float) -> str:
        digits, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
        return f"{digits}e{int(exponent):+d}" if _is_plain(value) and abs(value) >= 1e7 else right(value)

    return _doubles(written)


@fault("JSON-8", why="JavaScript writes minus zero as `0`.")
def minus_zero_without_sign() -> Patches:
    """Negative zero is written as 0.0."""
    return _doubles(lambda value: right(value or 0.0))


@fault("JSON-9", why="C++ and Rust's Ryu write no plus.")
def exponents_without_plus() -> Patches:
    """Exponents that aren't negative have no sign."""
    return _doubles(lambda value: right(value).replace("e+", "e"))


@fault("JSON-9", why="C writes exponents with two digits at least.")
def exponents_of_two_digits() -> Patches:
    """Exponents have two digits at least."""
    return _doubles(lambda value: right(value) if _is_plain(value) else repr(value))


@fault("JSON-9", why="Java writes `1.0E16`, and a small `e` is soon found.")
def point_before_exponents() -> Patches:
    """A point and a digit stand before each exponent."""

    def written(value: float) -> str:
        digits, e, exponent = right(value).partition("e")
        return f"{digits}{'.0' if e and '.' not in digits else ''}{e}{exponent}"

    return _doubles(written)


@fault("JSON-9", why="JavaScript writes an exponent from 1e21 on only.")
def plain_to_1e21() -> Patches:
    """Doubles from 1e16 to 1e21 are written without exponents."""
    return _doubles(lambda value: f"{Decimal(repr(value)):f}.0" if 1e16 <= abs(value) < 1e21 else right(value))


@fault("JSON-9", why="JavaScript writes an exponent below a millionth only.")
def plain_from_a_millionth() -> Patches:
    """Doubles from 0.000001 to 0.00001 are written without exponents."""
    return _doubles(lambda value: f"{Decimal(repr(value)):f}" if 1e-6 <= abs(value) < 1e-5 else right(value))
