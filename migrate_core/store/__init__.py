"""The database: all SQL of the project, behind typed questions and answers."""
