"""One printed line an operation, for all drivers: what the Swift test and docs/clients.md go by."""

import subprocess
from contextlib import contextmanager

USER, ADMIN = "123456", "12345678"


@contextmanager
def operation(name, unable=None, error=""):
    """Prints `ok name`, `fail name: why`, or `no name: reason` where it is known not to pass.

    `unable` is that reason, `error` what its error then has in it.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as raised:  # bindings to Rust raise what is no Exception
        why = " ".join(f"{type(raised).__name__} {raised}".split())
        if unable and error in why:
            print(f"no {name}: {unable}", flush=True)
        else:
            print(f"fail {name}: {why}", flush=True)
    else:
        print(f"ok {name}", flush=True)


def require(condition, why="not what was expected"):
    """A check that stays when Python optimizes."""
    if not condition:
        raise AssertionError(why)


def run(*command, data=None, status=0):
    """Runs a program to its end and gives its output, both streams together."""
    done = subprocess.run(
        command, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    text = done.stdout.decode(errors="replace")
    require(done.returncode == status, f"{command[0]} ended with {done.returncode}: {text}")
    return text
