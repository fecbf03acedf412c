"""Delivers the outbox in the test's own process, task consumers included, until nothing is due."""

from importlib import import_module

from plazza.data import outbox


def deliver(max_rounds: int = 20) -> int:
    """Give every due row to its consumer; rows that fail wait as in production. Gives how many were done."""
    done = 0
    for _ in range(max_rounds):
        rows = outbox.claim(100, owner="test")
        if not rows:
            break
        for row in rows:
            service, name = row.consumer.split(".")
            consume = getattr(import_module(f"plazza.{service}.consumers"), name)
            done += outbox.deliver(row, consume)
    return done
