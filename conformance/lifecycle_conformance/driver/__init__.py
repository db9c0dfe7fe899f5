"""How the suite talks to an implementation: the driver protocol (chapter *The driver protocol*).

`interface` says what a driver is to the suite; `client` runs one as a child process, `forked` starts the reference as
one quickly, `in_process` offers it without a pipe, and `server` is what the reference answers.

Begin with `interface`. May import `specification` and the reference.
"""
