"""A search cluster of real processes on this machine; any of them may be killed, and started again on its data.

Each process has one node of the cluster. The engine's runner lets the node of a process with a single one join nobody, and always
lets a `Node 1` found a cluster. So where there are several processes each has two nodes: the first process's `Node 1` founds the
cluster, the others' `Node 2` joins it, and the other node of each process is alone and never asked.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.http import answers, call
from ops.process import Child, Run, free_ports, is_port_free
from ops.stores import search_command, write_search_settings

_LOWEST_PORT, _HIGHEST_PORT = 9200, 9298
_START_SEC = 120.0
_JAVA = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_ALONE = "discovery.seed_hosts: []\ndiscovery.initial_state_timeout: 0s\n"


class Cluster:
    """The cluster's processes, by number."""

    def __init__(self, run: Run, folder: Path, count: int) -> None:
        """Start `count` processes, side by side; `wait` tells when the cluster is whole."""
        self._run, self._folder = run, folder
        self._first_ports = _pairs_of_ports(count)
        self._transports = free_ports(2 * count)
        self._children: dict[int, Child] = {}
        for number in range(count):
            self.start(number)

    @property
    def urls(self) -> list[str]:
        """Give every node's URL, also of one that is dead."""
        return [f"http://127.0.0.1:{self._port(number)}" for number in range(len(self._first_ports))]

    def start(self, number: int) -> None:
        """Start a process that does not run, on the data it had."""
        count, data = len(self._first_ports), self._folder / f"search-{number}"
        seeds = [f"127.0.0.1:{port}" for port in self._transports[:count]]
        joins = f"discovery.seed_hosts: {json.dumps(seeds)}\n"
        write_search_settings(data, self._part(number), f"transport.port: {self._transports[number]}\n{joins}")
        if count > 1:
            other = self._transports[count + number]
            write_search_settings(data, 3 - self._part(number), f"transport.port: {other}\n{_ALONE}")
        nodes = min(count, 2)
        command = search_command(
            data, self._first_ports[number], f"proof-{self._first_ports[0]}", nodes=nodes, java_options=_JAVA
        )
        self._children[number] = self._run.start(f"search-{number}", command, grace_sec=10.0)

    def kill(self, number: int) -> None:
        """Kill a process, as a machine would that loses its power."""
        child = self._children.pop(number)
        child.process.kill()
        child.process.wait()
        self._run.forget(child)

    def wait(self) -> None:
        """Wait until every process is in the cluster, and every index has all its copies. Raises OpsError."""
        health = f"_cluster/health?wait_for_nodes={len(self._first_ports)}&wait_for_status=green&timeout=1s"
        for number, child in self._children.items():
            self._run.wait_until(child, self._asks(number, health), _START_SEC)

    def ask(self, path: str) -> Any:
        """Ask a node that runs. Raises OpsError."""
        return call(f"{self.urls[next(iter(self._children))]}/{path}")

    def manager(self) -> int:
        """Give the process of the node that manages the cluster."""
        return self._number(self.ask("_cat/cluster_manager?format=json")[0]["id"])

    def holder(self, index: str) -> int:
        """Give the process of the node that has an index's first copy."""
        shards = self.ask(f"_cat/shards/{index}?format=json&h=prirep,id")
        return self._number(next(shard["id"] for shard in shards if shard["prirep"] == "p"))

    def _number(self, node_id: str) -> int:
        address = self.ask(f"_nodes/{node_id}/http")["nodes"][node_id]["http"]["publish_address"]
        return self.urls.index(f"http://{address}")

    def _asks(self, number: int, path: str) -> Callable[[], bool]:
        return lambda: answers(f"{self.urls[number]}/{path}")

    def _part(self, number: int) -> int:
        return 1 if number == 0 else 2

    def _port(self, number: int) -> int:
        return self._first_ports[number] + self._part(number) - 1


def _pairs_of_ports(count: int) -> list[int]:
    """Find ports with a free one after each: the engine's runner counts up, and takes none above 9299."""
    found: list[int] = []
    while len(found) < count:
        port = free_ports(1, _LOWEST_PORT, _HIGHEST_PORT)[0]
        if is_port_free(port + 1) and all(abs(port - other) > 1 for other in found):
            found.append(port)
    return found
