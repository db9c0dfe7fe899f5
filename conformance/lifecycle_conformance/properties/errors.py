"""Checks of the chapter *Errors: input and requests that must be refused*."""
