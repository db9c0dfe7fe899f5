"""The exit codes, the same for every command."""

from typing import Final

WELL: Final = 0
"""All is well."""

FALLS_SHORT: Final = 1
"""What was checked falls short."""

WRONG_CALL: Final = 2
"""The call or its input is wrong, or the store can't be used."""

UNDECIDED: Final = 3
"""Nothing could be judged: the driver would not start, or broke the protocol."""

INTERRUPTED: Final = 130
"""The command was interrupted: 128 and the number of SIGINT, as shells count."""

READER_GONE: Final = 141
"""The reader of the output, such as `head`, went away: 128 and the number of SIGPIPE."""
