"""Who may say what: statements, the guard that counts them, roles, broken glasses."""
