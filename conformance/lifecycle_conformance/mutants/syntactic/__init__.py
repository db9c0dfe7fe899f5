"""Mutants that nobody chose: each is the reference with one piece of its syntax changed, such as `<` for `<=`.

Those beside this folder are mistakes that somebody thought of, and so may be the suite's blind spots. These come from
the text of the reference's pure modules alone. Begin with `mutation`, then `operators`. May import `driver`.

No tool is used, such as mutmut: those change a copy of the sources and run a test command for each mutant, which takes
seconds to begin. Here a mutant is loaded into the running process, and judged there until something is reported.
"""
