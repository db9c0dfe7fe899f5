"""`python -m lifecycle_conformance.cli`: the same as `lifecycle-projection`."""

from lifecycle_conformance.cli import main

if __name__ == "__main__":
    main(prog_name="lifecycle-projection")
