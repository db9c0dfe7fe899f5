"""Checks of the chapter *Records and Canonical JSON: the same run written in different ways*."""
