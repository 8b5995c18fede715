"""Runs one command and says what it took: the small process between a benchmark and a contestant.

    python launcher.py REPORT COMMAND…

Nothing but the standard library is imported: what this process takes is not counted, but the peak
of its own memory must not be more than that of what it runs. Linux adds what a process read, and
its processor time, to those of the process that waits for it, so all descendants are in the counts
(getrusage(2); task_io_accounting in proc(5)).
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time

_POLL_S = 0.02


def descendants(pid: int) -> list[int]:
    """A process and all below it, as far as they are still there; each thread has its own."""
    found = [pid]
    for one in found:
        try:
            threads = os.listdir(f"/proc/{one}/task")  # noqa: PTH208
            for thread in threads:
                with open(f"/proc/{one}/task/{thread}/children") as file:  # noqa: PTH123
                    found += map(int, file.read().split())
        except OSError:
            continue
    return found


def resident_kib(pid: int) -> tuple[int, int]:
    """The resident memory of a process now, and at its peak."""
    try:
        with open(f"/proc/{pid}/status") as file:  # noqa: PTH123
            sizes = dict(line.split(":", 1) for line in file)
        return int(sizes["VmRSS"].split()[0]), int(sizes["VmHWM"].split()[0])
    except (OSError, KeyError):
        return 0, 0


def read_bytes() -> int:
    """Bytes that this process and those it waited for read by system calls."""
    with open("/proc/self/io") as file:  # noqa: PTH123
        return int(file.readline().split()[1])


def watch(pid: int, peak: list[int], stopped: threading.Event) -> None:
    """Note the largest memory of all processes together, or of one alone."""
    while not stopped.wait(_POLL_S):
        sizes = [resident_kib(one) for one in descendants(pid)]
        now, alone = sum(size for size, _ in sizes), max(most for _, most in sizes)
        peak[0] = max(peak[0], now, alone)


def main() -> None:
    """Run the command with its output where this process has its own, and write the report."""
    report, command = sys.argv[1], sys.argv[2:]
    peak, stopped = [0], threading.Event()
    started = time.perf_counter()
    process = subprocess.Popen(command)
    thread = threading.Thread(target=watch, args=(process.pid, peak, stopped))
    thread.start()
    status = process.wait()
    seconds = time.perf_counter() - started
    stopped.set()
    thread.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "status": status,
        "seconds": seconds,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": peak[0] * 1024 / 1e6,
        "read_mb": (read_bytes() - _BEFORE) / 1e6,
    }
    with open(report, "w") as file:  # noqa: PTH123
        json.dump(found, file)
    os._exit(0)


if __name__ == "__main__":
    _BEFORE = read_bytes()
    main()
