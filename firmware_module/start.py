# The manifest of what heals a board at its start; `make firmware` takes it.
for name in ("inkling_heal", "inkling_rom", "inkling_start"):
    module(f"{name}.py", base_path="../micropython_lib")  # noqa: F821
