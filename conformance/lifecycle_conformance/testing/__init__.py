"""For tests in Python: the state machine and the strategies of the suite, and an implementation without a process.

- :class:`LifecycleMachine`: sessions as the suite makes them up, with every check; a subclass adds rules of its own;
- :class:`PythonDriver`: an object with methods as a driver, for the machine and for the fixture `lifecycle_driver`;
- :mod:`~lifecycle_conformance.testing.strategies`: run records, lifecycle records, tenants and values.

Chapter 17 has an example. Begin with `machine`. May import `report` and what is below it, as `cli` may.
"""

from lifecycle_conformance.driver.python_driver import Implementation, PythonDriver, RefusedError
from lifecycle_conformance.testing.machine import LifecycleMachine
from lifecycle_conformance.testing.strategies import lifecycle_records, metadata, run_records, tenants, values

__all__ = [
    "Implementation",
    "LifecycleMachine",
    "PythonDriver",
    "RefusedError",
    "lifecycle_records",
    "metadata",
    "run_records",
    "tenants",
    "values",
]
