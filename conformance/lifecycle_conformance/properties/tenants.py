"""Checks of the chapter *Tenants*."""
