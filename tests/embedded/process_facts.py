import time
from collections.abc import Callable

import psutil


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def becomes_true(fact: Callable[[], bool], *, within: float) -> bool:
    until = time.monotonic() + within
    while not fact() and time.monotonic() < until:
        time.sleep(0.02)
    return fact()
