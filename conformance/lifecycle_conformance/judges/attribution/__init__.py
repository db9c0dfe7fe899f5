"""Which requirement a difference belongs to: wrong readings of the text, each with what it predicts.

Begin with `hypotheses`, then `recognition`. May import `model` and what is below it, and runs no implementation.
"""
