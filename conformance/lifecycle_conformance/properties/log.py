"""Checks of the chapter *The event log*."""
