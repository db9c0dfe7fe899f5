"""How strong the suite is: which faulty implementations its judges find, and which of them a driver behaves like.

Begin with `kills`. May import what `runner` may, and the rest of `runner`.
"""
