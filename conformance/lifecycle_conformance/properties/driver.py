"""Checks of the chapter *The driver protocol*."""
