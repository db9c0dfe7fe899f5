"""Checks of the chapter *Recognition of what is already projected*."""
