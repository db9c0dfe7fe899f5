"""File faults: damage to the files of a store, as lists of requests that are drawn to fit what is there.

Each list is a scenario for :meth:`Session.do`: the damage, and where the order matters the passes over it and the
repair. No scenario rests on what the specification leaves open, such as a record that is written as an array, nor on a
number that the driver can't be asked with.

Begin with `scenarios`.
"""
