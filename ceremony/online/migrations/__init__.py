"""How the database came to have the tables that it has: one module for each step, packaged with the program."""
