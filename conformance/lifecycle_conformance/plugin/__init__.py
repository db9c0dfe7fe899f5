"""The suite in pytest: a test for each requirement, with the verdicts that `check` gives.

pytest loads `hooks` at every start, which imports nothing of the suite until its tests are asked for. Then begin with
`suite`. May import `report`, `runner` and what is below them, as `cli` may; neither imports the other.
"""
