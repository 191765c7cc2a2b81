"""A process that has Keras loaded and forks a real process for each run that is asked for.

Loading TensorFlow takes seconds; a fork that was taken before the first operation takes none.
It reads one JSON object of arguments of `tiny_run.run` a line, answers with the process id, and
with the exit status once the process has ended. `fatal` makes the process kill itself with
SIGKILL at the n-th file operation: exactly between two writes, where chance seldom hits.
"""

import json
import os
import signal
import sys

import tiny_run

from shared.training import TrainingStopped


def kill_at_file_operation(number):
    count = 0

    def fatal(operation):
        def wrapped(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*args, **kwargs)

        return wrapped

    os.fsync, os.replace = fatal(os.fsync), fatal(os.replace)


def child(arguments):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(2, 1)  # Libraries print here; the parent alone speaks to the test.
    if fatal := arguments.pop("fatal", None):
        kill_at_file_operation(fatal)
    try:
        tiny_run.run(arguments.pop("folder"), **arguments)
    except TrainingStopped as stopped:
        print(stopped, file=sys.stderr, flush=True)
        return 130
    return 0


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            status = 1
            try:
                status = child(json.loads(line))
            finally:
                sys.stderr.flush()
                # No clean-up of what was inherited from the parent.
                os._exit(status)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
