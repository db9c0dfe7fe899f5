"""The judges: properties (checks of each step), agreement with the reference, fixed cases with production's answers.

Begin with `properties`, one module a chapter; `attribution` decides which requirement a difference belongs to. May
import `model` and what is below it, and never `generation`.
"""
