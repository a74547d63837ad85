"""The acting half: synchronous, and blind to which front end people sit at."""
