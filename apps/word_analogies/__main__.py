"""`python -m apps.word_analogies VERB` and `brickyard-word-analogies VERB` are the same call."""

from functools import partial

from shared.cli import app_main

main = partial(app_main, "word_analogies")

if __name__ == "__main__":
    raise SystemExit(main())
