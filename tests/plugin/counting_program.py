"""A driver that counts too much as a program: it loads little, since it is started again and again."""

import sys

from lifecycle_conformance.driver.server import Server


class _CountingTooMuch(Server):
    def _project(self, request: object) -> dict[str, int]:
        return {"projected": super()._project(request)["projected"] + 1}


if __name__ == "__main__":
    server = _CountingTooMuch("memory")
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(server.answer(line))
        sys.stdout.buffer.flush()
