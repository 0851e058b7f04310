"""Requests under way in threads, each in an event loop of its own, that all end when nobody waits for them any more."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")


class UnderWay:
    """What has been asked by one `ServerBackend.generate` and is not answered yet: it ends when nobody waits for it any more."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self._lock = threading.Lock()
        self._requests: dict[asyncio.Task[Any], asyncio.AbstractEventLoop] = {}

    async def ended(self, request: Coroutine[Any, Any, T]) -> T:
        """Return what a request gives; `asyncio.CancelledError` as soon as nobody waits for it."""
        task = asyncio.ensure_future(request)
        with self._lock:
            self._requests[task] = asyncio.get_running_loop()
            if self.left.is_set():
                task.cancel()
        try:
            return await task
        finally:
            with self._lock:
                del self._requests[task]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End all that is under way, pauses between attempts included; in another thread than theirs."""
        with self._lock:
            self.left.set()
            for task, loop in self._requests.items():
                loop.call_soon_threadsafe(task.cancel)
