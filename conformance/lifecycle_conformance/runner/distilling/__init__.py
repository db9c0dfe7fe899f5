"""Growing the distilled corpus (`judges/corpus`) from lives that the search makes up.

`growing` tells the whole; `python -m lifecycle_conformance.runner.distilling` does it.
"""
