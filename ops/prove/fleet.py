"""Function processes and stores that are ended by SIGKILL while others use them, and started again."""

import os
import random
import signal
import time
from collections.abc import Mapping

from ops.bench.functions import Instance, launch_function, wait_for
from ops.errors import OpsError
from ops.prove.asking import Client
from ops.prove.ground import Ground
from ops.stores import start_postgres, start_redis

_BACK_SEC = 20.0


class Fleet:
    """Instances of some functions, by name; the client knows those of `asked`."""

    def __init__(self, ground: Ground, counts: Mapping[str, int], client: Client, asked: str) -> None:
        """Start so many instances of each function, and wait for all of them."""
        self._ground, self._client, self._asked = ground, client, asked
        self._instances = [(name, self._launch(name)) for name, count in counts.items() for _ in range(count)]
        for _, instance in self._instances:
            wait_for(ground.run, instance)
        self._tell()

    def url(self, function: str) -> str:
        """Give where one of a function's instances answers."""
        return random.choice([instance.url for name, instance in self._instances if name == function])  # noqa: S311 -- no secret

    def kill(self, dice: random.Random) -> str:
        """Kill an instance with all its processes, and put another one in its place. Gives the function's name."""
        number = dice.randrange(len(self._instances))
        name, instance = self._instances[number]
        os.killpg(instance.child.process.pid, signal.SIGKILL)
        instance.child.process.wait()
        self._ground.run.forget(instance.child)
        fresh = self._launch(name)
        self._instances[number] = (name, fresh)
        wait_for(self._ground.run, fresh)
        self._tell()
        return name

    def stop(self) -> None:
        """End every instance in peace."""
        for _, instance in self._instances:
            self._ground.run.forget(instance.child)

    def _launch(self, function: str) -> Instance:
        return launch_function(self._ground.run, function, self._ground.environment(function))

    def _tell(self) -> None:
        self._client.urls = [instance.url for name, instance in self._instances if name == self._asked]


def kill_store(ground: Ground, name: str) -> None:
    """Kill a store, as a machine would that loses its power, and start it again on its data."""
    server = ground.servers[name]
    server.child.process.kill()
    server.child.process.wait()
    ground.run.forget(server.child)
    give_up_at = time.monotonic() + _BACK_SEC
    while True:
        try:
            if name == "redis":
                ground.servers[name] = start_redis(ground.run, server.port)
            else:
                ground.servers[name] = start_postgres(
                    ground.run, name, ground.folder / name, server.port, settings=ground.options
                )
        except OpsError:
            # The processes of the one that was killed may need a moment to notice.
            ground.run.forget(ground.run.children[-1])
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.2)
        else:
            return
