"""The kinds of findings, by what they are about: what each means, which requirement it is about, and what to do.

Begin with `of_runs`. May import `finding`.
"""
