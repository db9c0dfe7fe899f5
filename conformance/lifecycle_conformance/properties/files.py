"""Checks of the chapter *Files on disk*."""
