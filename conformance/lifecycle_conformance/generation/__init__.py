"""What is asked of an implementation: strategies, the state machine, and the situations that it aims at.

Begin with `state_machine`, then `actions` and `strategies`. May import `model` and what is below it, and never
`judges`: what is asked must not depend on who judges.
"""
