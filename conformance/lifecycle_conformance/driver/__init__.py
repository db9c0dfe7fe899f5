"""How the suite talks to an implementation: the driver protocol (chapter *The driver protocol*).

`interface` says what a driver is to the suite; `client` runs one as a child process, `in_process` offers the reference
without a pipe, and `server` is the reference's own driver.

Begin with `interface`. May import `specification` and the reference.
"""
