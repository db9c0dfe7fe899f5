"""What is asked of an implementation: strategies, the state machine and its targets, input cases, protocol cases.

Begin with `state_machine`, then `targets`, `actions` and `strategies`; awkward texts are in `alphabets`. May import
`model` and what is below it, and never `judges`: what is asked must not depend on who judges.
"""
