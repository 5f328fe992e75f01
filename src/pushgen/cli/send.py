"""The workers of `pushgen deliver`, one process each."""

import asyncio
import multiprocessing
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from pushgen.errors import ServiceError


def send(database: str, config: Path | None, *, workers: int, until_empty: bool) -> dict[str, int]:
    """Runs the workers until they end; the sums of what they did. SIGTERM and SIGINT let them end in good order.

    Raises `ServiceError` where a worker died; what it held goes again after its lease.
    """
    if workers == 1:
        return {name: count for name, count in _work(database, config, until_empty).items() if count}
    context = multiprocessing.get_context("spawn")
    results: Any = context.SimpleQueue()
    processes = [context.Process(target=_report, args=(results, database, config, until_empty)) for _ in range(workers)]
    for process in processes:
        process.start()

    def stop(number: int, _frame: object) -> None:
        for process in processes:
            if process.is_alive() and process.pid is not None:
                process.terminate()
        del number

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for process in processes:
        process.join()
    totals: Counter[str] = Counter()
    while not results.empty():
        totals.update(results.get())
    failed = sum(process.exitcode != 0 for process in processes)
    if failed:
        raise ServiceError(f"{failed} of {workers} workers died; start again, what they held goes on after its lease")
    return {name: count for name, count in totals.items() if count}


def _report(results: Any, database: str, config: Path | None, until_empty: bool) -> None:
    results.put(dict(_work(database, config, until_empty)))


def _work(database: str, config: Path | None, until_empty: bool) -> Counter[str]:
    from pushgen.delivery import Worker
    from pushgen.delivery.open import read_setup
    from pushgen.progress import say
    from pushgen.store import open_store

    async def run() -> Counter[str]:
        setup = read_setup(config)
        store = open_store(database)
        worker = Worker(store, setup.open(), setup.config)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        try:
            return await worker.run(until_empty=until_empty)
        finally:
            for name, reason in worker.resting.items():
                say(f"the channel {name} rests: {reason}")
            store.close()

    return asyncio.run(run())
