"""An object store, opened by its URL: who we are it learns in its own ways, and its errors are in words of ours.

Credentials come from the environment, the machine or a profile, as the store's own tools find them, and from nowhere
else: a URL holds none.
"""

import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import (
    BaseError,
    GenericError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, S3Store
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ceremony.errors import Problem, SettingsError, StorageError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3CredentialProvider

AnyStore = S3Store | GCSStore | AzureStore

SHELF_URL = re.compile(
    r"(s3|gs|az)://([a-z0-9][a-z0-9._-]{1,62})(?:/([A-Za-z0-9_](?:[A-Za-z0-9._/-]{0,255}[A-Za-z0-9_-])?))?"
)
SHELF_URL_WORDS = "a place such as s3://bucket/folder, gs://bucket or az://container/folder, without keys in it"

_DELETED_AT_ONCE = 1_000
"""What S3 takes in one call."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store may take: to take a call, to answer it, and how often it is asked again after it failed."""

    connect: timedelta = timedelta(seconds=5)
    answer: timedelta = timedelta(seconds=30)
    retries: int = 5
    tries: int = 3
    first_pause: timedelta = timedelta(milliseconds=100)
    longest_pause: timedelta = timedelta(seconds=5)

    @property
    def client(self) -> "ClientConfig":
        """As the library's client takes it."""
        # Without TLS others can read along and change answers: only whoever says so in the environment has it so.
        is_plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
        return {"connect_timeout": self.connect, "timeout": self.answer, "allow_http": is_plain}

    @property
    def retrying(self) -> "RetryConfig":
        """As the library's retries take it; it repeats by itself whatever is harmless to repeat."""
        backoff = {"init_backoff": self.first_pause, "max_backoff": self.longest_pause, "base": 2}
        return {"max_retries": self.retries, "retry_timeout": self.answer * 2, "backoff": backoff}  # type: ignore[typeddict-item]  # the stub wants the literal here

    def see_through(self, act: Callable[[], _Found]) -> _Found:
        """What `act` gives, which may have been done before: it is done again where the store did not answer."""
        again = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=wait_random_exponential(self.first_pause.total_seconds(), self.longest_pause.total_seconds()),
            retry=retry_if_exception_type(GenericError),
            reraise=True,
        )
        return again(act)


def open_object_store(url: str, patience: Patience) -> AnyStore:
    """The store at this URL; nothing is asked of it yet.

    Raises: SettingsError if there is no such place, or nothing to find its credentials with.
    """
    found = SHELF_URL.fullmatch(url)
    if found is None or "//" in url.partition("://")[2] or "/." in url:
        raise _unusable(url[:80], SHELF_URL_WORDS)
    scheme, name, folder = found.groups()
    options, retrying = patience.client, patience.retrying
    try:
        if scheme == "s3":
            provider = _profile(url)
            return S3Store(
                name, prefix=folder, client_options=options, retry_config=retrying, credential_provider=provider
            )
        if scheme == "gs":
            return GCSStore(name, prefix=folder, client_options=options, retry_config=retrying)
        return AzureStore(name, prefix=folder, client_options=options, retry_config=retrying)
    except (BaseError, ValueError) as error:
        raise _unusable(f"{url}: {str(error).splitlines()[0][:200]}", "what the store's own tools need") from error


def delete_objects(store: AnyStore, keys: Iterable[str], patience: Patience, place: str) -> int:
    """How many objects were deleted, or had gone by themselves; none of these is there any more.

    Raises: StorageError; then some may be gone and some not.
    """
    deleted, rest = 0, iter(keys)
    while batch := [*islice(rest, _DELETED_AT_ONCE)]:
        with told(place), contextlib.suppress(FileNotFoundError):
            patience.see_through(functools.partial(obstore.delete, store, batch))
        deleted += len(batch)
    return deleted


@contextlib.contextmanager
def told(place: str) -> Iterator[None]:
    """Inside, whatever the store refuses becomes a StorageError that names `place`."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        raise StorageError(place, _reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "ENOENT"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return "EACCES"
    if isinstance(error, NotSupportedError):
        return "EOPNOTSUPP"
    has_answered = re.search(r"non-2xx status code: [45][0-9][0-9]", str(error))
    return "EREMOTEIO" if has_answered else "ETIMEDOUT"


def _profile(url: str) -> "S3CredentialProvider | None":
    """Who finds credentials of a profile; None where the environment or the machine tells them."""
    if not os.environ.get("AWS_PROFILE"):
        return None
    if find_spec("boto3") is None:
        raise _unusable(f"{url}, with AWS_PROFILE set", "boto3 beside this program, which reads profiles")
    from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415  # it loads all of boto3

    return Boto3CredentialProvider()


def _unusable(found: str, wanted: str) -> SettingsError:
    return SettingsError("--shelf", (Problem("shelf", found, wanted),))


def put_mode(version: "obstore.PutResult | None") -> "obstore.PutMode":
    """How to replace exactly this version of an object, None for an object that is not there yet."""
    if version is None:
        return "create"
    # The library takes no empty values; a store tells an ETag, a version, or both.
    told_of: obstore.UpdateVersion = {}
    if version["e_tag"] is not None:
        told_of["e_tag"] = version["e_tag"]
    if version["version"] is not None:
        told_of["version"] = version["version"]
    return told_of or "overwrite"
