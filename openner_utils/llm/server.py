"""A model behind an OpenAI-compatible server, which is trusted with nothing.

What a server sends is bounded in size (`LARGEST`), in nesting (by the JSON reader) and in time (`LONGEST`), and is read as
a chat completion or not at all. Its own words stand in error messages alone, in one line that a terminal shows and does
not obey. The key goes out in one header and stands nowhere else (`api_key`).
"""

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
)
from tenacity.wait import wait_exponential

from openner_utils.llm.api_key import API_KEY, WIDEST, api_key, without_key
from openner_utils.llm.automata import Automaton
from openner_utils.llm.backends import SERVER, Answers, NoReply, Reply
from openner_utils.llm.grammar import TooLargeError, gbnf
from openner_utils.llm.spending import MOST_TOKENS, Usage
from openner_utils.llm.under_way import UnderWay
from openner_utils.runs.key import digest
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import visible

LARGEST = 4 * 2**20
"""Bytes of the largest answer that is read."""
LONGEST = 600.0
"""Seconds that one answer may take in all, however steadily it drips."""
LONGEST_WAIT = 600.0
"""Seconds that a server may ask for before it is asked again; more is none of ours to sit out."""
QUOTED = 300
"""Characters of a server's words that an error quotes."""
NESTED = "structured_outputs"
"""The field of a request that holds the grammar in an object, under ``grammar``: vLLM's."""
_OF_CONNECTIONS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSLKEYLOGFILE")
"""Environment variables that decide how a connection is made."""
_LOOKED_AT = 1 << 16
"""Bytes of a refusal in which the key is looked for."""
_NAMED = 200
"""Characters of the longest name of a model that is kept."""


class _TroubleError(Exception):
    """No reply, but perhaps one the next time, after ``wait`` seconds at least."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(what)


class _MalformedError(_TroubleError):
    """An answer that is no chat completion."""


class _RefusedError(Exception):
    """No reply, and none the next time."""


class ServerBackend:
    """A model behind an OpenAI-compatible ``/v1/chat/completions``.

    ``url`` is the server's base, such as ``http://localhost:8000``. ``concurrency`` requests run at a time: another begins
    when one ends. Servers that are
    busy (429), failing (5xx), silent for ``timeout`` seconds or malformed are tried again, ``attempts`` times in all, with
    doubling pauses from ``pause`` seconds on, or as long as the server asks for (``sleep`` makes them, for tests). ``grammar`` is the field of a request in which
    the server takes a grammar (`config.params.Llm`); None for one that takes none.
    """

    batch_size: int | None = None
    engine = SERVER

    def __init__(
        self,
        model: str,
        url: str,
        concurrency: int = 4,
        timeout: float = 120.0,
        longest: float = LONGEST,
        attempts: int = 5,
        pause: float = 1.0,
        sleep: Callable[[float], None] | None = None,
        grammar: str | None = None,
    ) -> None:
        base = address(url)
        api_key()  # a bad one is refused before anything is asked
        self.model, self._concurrency = model, concurrency
        self.key = digest({"server": model})  # how a server computes is its own affair
        path = base.path.rstrip("/").removesuffix("/v1") + "/v1/chat/completions"
        self._url = base._replace(path=path).geturl()
        self.name = f"{base.scheme}://{base.netloc}"
        self._timeout, self._longest = timeout, longest
        self._attempts, self._pause, self._sleep = attempts, pause, sleep
        self._grammar = grammar
        self._tls = _tls()

    def generate(
        self,
        prompts: Iterable[str],
        max_new_tokens: int,
        automata: Sequence[Automaton] | None = None,
        guidance: Sequence[str] | None = None,
    ) -> Iterator[Answers]:
        """Yield each answer when it comes; whoever takes no more of them, as by Ctrl-C, waits for none that is under way.

        ``guidance`` is sent as ``response_format``, and ``automata`` as grammars; what the server makes of them is its own
        affair.
        """
        if automata is not None and self._grammar is None:
            raise OpenNERError(
                f"{self.model}: this server takes no grammar, so its decoding cannot be constrained. Remove 'constrained' from its "
                "decoding, or say in which field it takes one (`grammar`)."
            )
        numbered = enumerate(prompts)
        asked: dict[Future[Reply | NoReply], int] = {}
        with ThreadPoolExecutor(self._concurrency) as pool, UnderWay() as under_way:
            while True:
                for number, prompt in islice(numbered, self._concurrency - len(asked)):
                    schema = guidance[number] if guidance else ""
                    try:
                        grammar = gbnf(automata[number]) if automata else ""
                    except TooLargeError as error:  # no other question has to wait for that
                        asked[pool.submit(NoReply, str(error))] = number
                        continue
                    body = self._body(prompt, max_new_tokens, schema, grammar)
                    engine = SERVER if grammar else None
                    asked[pool.submit(self._ask, under_way, body, engine)] = number
                if not asked:
                    return
                for answer in wait(asked, return_when=FIRST_COMPLETED).done:
                    yield [(asked.pop(answer), answer.result())]

    def _body(self, prompt: str, max_new_tokens: int, guidance: str, grammar: str) -> bytes:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_new_tokens,
            "temperature": 0,
            "stream": False,
        }
        if guidance:
            schema = {"name": "mentions", "schema": json.loads(guidance)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if grammar:
            body[str(self._grammar)] = {"grammar": grammar} if self._grammar == NESTED else grammar
        return json.dumps(body).encode("ascii")

    def _ask(self, under_way: UnderWay, body: bytes, engine: str | None) -> Reply | NoReply:
        again = Retrying(
            stop=stop_after_attempt(self._attempts) | stop_when_event_set(under_way.left),
            wait=self._wait,
            retry=retry_if_exception_type(_TroubleError),
            sleep=self._sleep or sleep_using_event(under_way.left),
        )
        try:
            return replace(again(self._ask_once, under_way, body), engine=engine)
        except RetryError as error:
            last = error.last_attempt.exception()
            why = f"{self.name} gave no reply in {self._attempts} attempts; last: {_shown(str(last))}"
            return NoReply(why, isinstance(last, _MalformedError))
        except _RefusedError as error:
            return NoReply(f"{self.name} {_shown(str(error))}")

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds before the next attempt: twice as many each time, or what the server asks for."""
        trouble = state.outcome.exception() if state.outcome else None
        asked = trouble.wait if isinstance(trouble, _TroubleError) else 0.0
        return max(asked, wait_exponential(multiplier=self._pause)(state))

    def _ask_once(self, under_way: UnderWay, body: bytes) -> Reply:
        begun = time.perf_counter()
        try:
            status, headers, content = asyncio.run(under_way.ended(self._post(body)))
        except (httpx.TransportError, OSError) as error:
            raise _TroubleError(f"{type(error).__name__}: {error}") from error
        if status == 429 or status >= 500:
            words = _words(content)
            raise _TroubleError(
                f"status {status}{f' ({words})' if words else ''}", _seconds(headers.get("retry-after"))
            )
        if status != 200:
            raise _RefusedError(
                f"refused the request with status {status}: {_words(content) or 'no words'}. Check the model's name, the "
                f"address and {API_KEY}"
            )
        reply = reply_of(content)
        if (key := api_key()) and key in reply.text:
            raise _RefusedError("repeated the key in its reply, which is therefore kept nowhere")
        served = None if reply.served == self.model else reply.served
        return replace(reply, seconds=time.perf_counter() - begun, served=served)

    async def _post(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, headers and content of one answer.

        The event loop is what can end a request in the middle, whatever the server sends or does not send.
        """
        content = bytearray()
        try:
            async with (
                asyncio.timeout(self._longest),
                httpx.AsyncClient(timeout=self._timeout, verify=self._tls) as client,
                client.stream("POST", self._url, content=body, headers=_headers()) as answer,
            ):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise _MalformedError("an answer that is packed, which nobody asked for")
                async for piece in answer.aiter_raw():
                    content += piece
                    if len(content) > LARGEST:
                        raise _MalformedError(f"an answer of more than {LARGEST:,} bytes")
        except TimeoutError as error:
            raise _RefusedError(f"took more than {self._longest:g} s for one answer") from error
        return answer.status_code, answer.headers, bytes(content)


def _tls() -> ssl.SSLContext:
    """Return what encrypted connections are made with.

    Raises `OpenNERError` if the environment says of proxies or certificates what cannot be used, before anything is asked. The
    error does not repeat it: a proxy's address may hold a password.
    """
    try:
        context = httpx.create_ssl_context()
        httpx.AsyncClient(verify=context)  # reads the proxies, and opens nothing
    except (ValueError, ImportError, httpx.InvalidURL, OSError) as error:
        why = (
            "a SOCKS proxy takes a package that is missing"
            if isinstance(error, ImportError)
            else type(error).__name__
        )
        raise OpenNERError(
            f"The proxies or certificates that the environment names cannot be used ({why}). Correct or unset "
            f"{', '.join(_OF_CONNECTIONS)}, in capitals or not; NO_PROXY=* goes without a proxy."
        ) from None
    return context


def address(url: str) -> SplitResult:
    """Return the parts of a server's base address; what is none is an `OpenNERError`, without the password in it.

    An address with a user or a password is none: it stands in params.yaml, and so in git and on pages.
    """
    hint = f"Write `server` in params.yaml like http://localhost:8000; a key goes into {API_KEY}."
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        # Words of a library may quote what was meant as a password.
        raise OpenNERError(f"A model server's address cannot be read. {hint}") from error
    if not fits or parts.query or parts.fragment or "@" in parts.netloc:
        shown = visible(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
        raise OpenNERError(f"{shown!r} is no address of a model server. {hint}")
    return parts


def reply_of(content: bytes) -> Reply:
    """Return the reply that an answer's content holds.

    Content and reasoning are text or null. Raises `_MalformedError` for all that is no chat completion.
    """
    try:
        whole = json.loads(content.decode("utf-8"))
        choice = whole["choices"][0]
        text, cut = _text(choice["message"], "content"), choice.get("finish_reason") == "length"
        if not text and cut:
            # The limit was reached before the answer began: all that was written is reasoning.
            reasoning = _text(choice["message"], "reasoning_content") or _text(choice["message"], "reasoning")
            text = f"<think>{reasoning}"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        words = _words(content)
        raise _MalformedError(
            f"an answer that is no chat completion ({type(error).__name__}){f': {words}' if words else ''}"
        ) from error
    return Reply(text, "length" if cut else "stop", _usage(whole), served=_served(whole))


def _served(answer: Mapping[str, Any]) -> str | None:
    """Return what the server calls the model that answered; None where it does not say, or where it holds a part of the key."""
    name = answer.get("model")
    if not isinstance(name, str) or not name or without_key(name) != name:
        return None
    return name[:_NAMED]


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """Return the tokens that an answer says it took; None where it does not say, or says nonsense."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, completion = (_count(usage.get(key)) for key in ("prompt_tokens", "completion_tokens"))
    return None if prompt is None or completion is None else Usage(prompt, completion)


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _text(message: Mapping[str, Any], key: str) -> str:
    text = message[key] if key == "content" else message.get(key)
    if text is not None and not isinstance(text, str):
        raise TypeError(f"{key} is no text")
    return text or ""


def _headers() -> dict[str, str]:
    key = api_key()
    # What is packed may unpack to any size, so it is not asked for.
    plain = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    return plain | ({"Authorization": f"Bearer {key}"} if key else {})


def _seconds(text: str | None) -> float:
    """Return a Retry-After header, seconds or a date, in seconds from now; nonsense counts as none.

    >>> _seconds("7"), _seconds("99999"), _seconds("Fri, 31 Dec 1999 23:59:59 GMT"), _seconds("soon")
    (7.0, 600.0, 0.0, 0.0)
    """
    try:
        seconds = float(text or 0)
    except ValueError:
        seconds = _until(text or "")
    return min(LONGEST_WAIT, seconds) if seconds > 0 else 0.0  # also of what is not a number


def _until(date: str) -> float:
    """Return the seconds until a date as HTTP writes it; 0 for what is none."""
    try:
        then = parsedate_to_datetime(date)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _shown(text: str) -> str:
    """Return a server's or library's words as one line without the key."""
    return visible(" ".join(without_key(text).split()))


def _words(content: bytes) -> str:
    """Return the first words of a server, without the key first, then cut: half a key is none the less a secret."""
    text = without_key(content[:_LOOKED_AT].decode("utf-8", "replace"))
    if len(content) > _LOOKED_AT:  # the key may stand over the end of what was looked at
        text = text[: len(text) - WIDEST * len(api_key() or "")]
    return text[:QUOTED].strip()
