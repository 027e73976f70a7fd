"""The verbs of the command, one a module: EXAMPLE, add_arguments(parser), run(args) -> int."""
