"""The audit: where a store that some implementation wrote departs from the specification. It changes nothing.

Begin with `finding`, then `stored` (what is read of a store), then `audit`. May import `model`, `execution` and
`specification`, and of the reference its readers of JSON and of records.
"""
