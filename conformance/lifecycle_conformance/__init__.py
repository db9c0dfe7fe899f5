"""The conformance suite of the lifecycle projection: it judges any implementation through a driver."""
