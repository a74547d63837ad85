"""The command line: one verb for each thing that people do, and the plain console as operator."""
