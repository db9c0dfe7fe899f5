"""What follows from a step without running an implementation: ids, aliases, phases, content, the layout of files.

Begin with `identity`, then `delta` (what a step changed). May import `execution` and what is below it. Written apart
from the reference, so that a fault in one isn't a fault in both.
"""
