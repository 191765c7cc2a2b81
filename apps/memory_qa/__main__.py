"""`python -m apps.memory_qa VERB` and `brickyard-memory-qa VERB` are the same call."""

from functools import partial

from shared.cli import app_main

main = partial(app_main, "memory_qa")

if __name__ == "__main__":
    raise SystemExit(main())
