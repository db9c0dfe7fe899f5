"""Advisory locks of whole files and directories, as `flock(2)` gives them: each opening has a lock of its own."""

# `fcntl` is imported where it is needed: there is none on Windows, where the store in memory works all the same.


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock what is open; `False` where another opening of it holds a lock that excludes this one.

    A shared lock excludes exclusive ones only. Raises :class:`OSError`. (FILE-10)
    """
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Release the lock, also that of a process that was forked meanwhile and shares the opening."""
    import fcntl  # noqa: PLC0415

    fcntl.flock(descriptor, fcntl.LOCK_UN)
