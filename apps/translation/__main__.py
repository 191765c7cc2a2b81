"""`python -m apps.translation VERB` and `brickyard-translation VERB` are the same call."""

from functools import partial

from shared.cli import app_main

main = partial(app_main, "translation")

if __name__ == "__main__":
    raise SystemExit(main())
