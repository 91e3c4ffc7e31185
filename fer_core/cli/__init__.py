"""The commands of ``fer``, a module for those that belong together: each is a thin call of the library.

A module's ``add_commands`` tells the parser what it takes; whatever is heavy loads when a command runs.
"""
