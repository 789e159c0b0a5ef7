"""The inbox of a walk, with the approvals that were given in the pipeline itself."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from mcm.app.ports import Source
from mcm.core.query import InboxQuery, Query
from mcm.core.reading import Known, Reading
from mcm.core.trust.inbox import Inbox

Enrich = Callable[[str, Inbox, dict[Query, Reading]], Inbox]


class InboxWithAnswers:
    """Answers what `aws` does, and `InboxQuery` through `local`; `enrich` joins the two.

    Both are read in one turn, so an approval at the console is as fresh as what AWS says
    of the pipeline. Where AWS did not say who answered, the inbox is what the files say.
    """

    def __init__(self, aws: Source, local: Source, enrich: Enrich) -> None:
        self._aws = aws
        self._local = local
        self._enrich = enrich

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return isinstance(query, InboxQuery) or self._aws.answers(query)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Return a reading for each query."""
        asked = list(queries)
        inboxes = [query for query in asked if isinstance(query, InboxQuery)]
        found = self._aws.read([q for q in asked if not isinstance(q, InboxQuery)], within)
        for query, reading in self._local.read(inboxes, within).items():
            if isinstance(reading, Known) and isinstance(query, InboxQuery):
                inbox = self._enrich(query.change, reading.value, found)
                found[query] = Known(inbox, reading.at)
            else:
                found[query] = reading
        return found
