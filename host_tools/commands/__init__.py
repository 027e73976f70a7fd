"""The verbs of the command, one a module: NAME, HELP, add_arguments(parser), run(args) -> int."""
