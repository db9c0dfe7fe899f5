"""Checks of the chapter *Snapshots*."""
