"""Objects that the engine's services write into S3, which is moto's.

Put there when somebody asks S3 for something, with the time at which the service wrote
them: nobody can tell that nothing ran before. moto's own model is the way in, since its
HTTP face stamps objects with the machine's clock.
"""

from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

from mcm.sandbox.engine import Engine
from mcm.sandbox.service import Stored


class Delivery:
    """Brings S3 up to the engine's now; an engine that is new begins with an empty S3."""

    def __init__(self) -> None:
        self._order = Lock()
        """Whoever asks S3 next sees what the one before was given to write."""
        self._engine: Engine | None = None

    def bring(self, engine: Engine) -> None:
        """Write what the services have put into S3 up to now.

        Without moto there is nowhere to; whoever asks S3 is told so all the same.
        """
        with self._order, suppress(ImportError):
            is_new, self._engine = engine is not self._engine, engine
            _put(engine.identities.account, *engine.stored(), afresh=is_new)


def _put(
    account: str,
    own: Iterable[tuple[str, str]],
    objects: Iterable[Stored],
    *,
    afresh: bool,
) -> None:
    """Write objects into their buckets; one whose bucket is not there is lost, as on AWS.

    `own` are buckets, by region and name, that have been there all along.
    """
    from moto.s3.models import s3_backends

    backend = s3_backends[account]["aws"]
    if afresh:
        backend.reset()
        for region, bucket in own:
            backend.create_bucket(bucket, region)
    for each in objects:
        if each.bucket in backend.buckets:
            key = backend.put_object(each.bucket, each.key, each.body)
            key.last_modified = each.written.replace(tzinfo=None)
