"""Looking at a pipeline that nobody has described: for doctor, init and `watch --pipeline`.

Three rounds, each as few calls as AWS allows: the pipeline and its past; the past of each
stage and who we are where it deploys; what watches it there. Whatever cannot be read
stays out of the answer and is named with its reason. Nothing is written anywhere.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.app.seen import SeenStage, Survey
from mcm.app.survey_watch import look_at
from mcm.core.errors import BlindError, UsageError
from mcm.core.past import Past
from mcm.core.pipeline import Declaration, Identity, PipelineView, StageHistory
from mcm.core.plans.layout import Layout, Site, called, read_layout
from mcm.core.plans.service import Service, StageConfig
from mcm.core.query import (
    AlarmsQuery,
    DeclarationQuery,
    EndpointsQuery,
    HistoryQuery,
    IdentityQuery,
    MutesQuery,
    PastQuery,
    PipelineId,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.rollback.readiness import count_edits, judge_stage

WINDOW = timedelta(days=30)
"""How far back deployments and edits are counted."""
_LEAD = timedelta(days=15)
"""Read beyond that, to know what came before the first of them."""
_WITHIN = timedelta(seconds=20)
_LONG = timedelta(seconds=120)
_HOUR = timedelta(hours=1)


Tell = Callable[[str], None]
Choose = Callable[[Layout], Layout]


def survey(
    observer: Observer,
    pipeline: PipelineId,
    now: datetime,
    tell: Tell,
    service: Service | None = None,
    choose: Choose | None = None,
) -> Survey:
    """Look at `pipeline`; `service` says what mcm.yaml knows of it already.

    Else `choose` may say which stages are production, before those are looked at closely.

    Raises BlindError without usable credentials and when the pipeline's structure may not
    be read, UsageError when there is no such pipeline.
    """
    return _Surveyor(observer, now, tell, service, choose).look(pipeline)


@dataclass
class _Surveyor:
    observer: Observer
    now: datetime
    tell: Tell
    service: Service | None
    choose: Choose | None = None
    unread: list[str] = field(default_factory=list)

    def look(self, pipeline: PipelineId) -> Survey:
        place = pipeline.place
        self.tell(f"reading {pipeline.name} in {place.region}")
        first: tuple[Query, ...] = (
            IdentityQuery(place),
            PipelineQuery(pipeline),
            DeclarationQuery(pipeline),
        )
        readings = self.observer.observe(first, _WITHIN)
        declared = self._declaration(pipeline, readings)
        view = readings.known(PipelineQuery(pipeline), PipelineView)
        self._note("the pipeline's state", readings, PipelineQuery(pipeline))
        who = readings.known(IdentityQuery(place), Identity)
        layout = read_layout(pipeline, declared, view, who.account if who else "")
        layout = self._as_configured(layout)
        since = self.now - WINDOW
        past = self._past(pipeline, since - _LEAD)
        edits = count_edits(past, since, layout.version, declared.updated)
        stages = self._stages(pipeline, layout, view, past, since)
        watched_stages = self._watch(layout, stages)
        unread, why = tuple(self.unread), readings.why_unknown(PipelineQuery(pipeline))
        return Survey(self.now, layout, who, edits, watched_stages, unread, view, why)

    def _note(self, what: str, readings: Readings, query: Query) -> None:
        if why := readings.why_unknown(query):
            self.unread.append(f"{what}: {why}")

    def _declaration(self, pipeline: PipelineId, readings: Readings) -> Declaration:
        query = DeclarationQuery(pipeline)
        declared = readings.known(query, Declaration)
        if declared is not None:
            return declared
        found, why = readings.get(query), readings.why_unknown(query)
        where = f"{pipeline.name} in {pipeline.place.region}"
        if isinstance(found, Unknown) and found.why is Blindness.ABSENT:
            raise UsageError(
                f"there is no pipeline {where}: {why}",
                hint="Look at its name and region, and whose account these credentials are of"
                " (--profile).",
            )
        raise BlindError(
            f"{where} cannot be read: {why}",
            hint=readings.next_step(
                query,
                "Have codepipeline:GetPipeline allowed, or name other credentials with --profile.",
            ),
        )

    def _as_configured(self, layout: Layout) -> Layout:
        """Let mcm.yaml say which stages are production and where they are."""
        if self.service is None:
            return layout if self.choose is None else self.choose(layout)
        configs = {each.pipeline_stage: each for each in self.service.stages}
        sites = tuple(
            replace(site, place=found.place, is_production=found.production)
            if (found := configs.get(site.stage))
            else replace(site, is_production=False)
            for site in layout.sites
        )
        for name in configs.keys() - {site.stage for site in sites}:
            self.unread.append(f"mcm.yaml names {name}, which deploys nothing in the pipeline")
        return replace(layout, sites=sites)

    def _past(self, pipeline: PipelineId, since: datetime) -> Past | None:
        self.tell(f"reading what ran in the last {WINDOW.days} days")
        query = PastQuery(pipeline, since)
        readings = self.observer.observe([query], _LONG)
        self._note("the pipeline's past", readings, query)
        past = readings.known(query, Past)
        if past is not None and past.cut:
            self.unread.append(f"the pipeline's past: {past.cut}")
        return past

    def _stages(
        self,
        pipeline: PipelineId,
        layout: Layout,
        view: PipelineView | None,
        past: Past | None,
        since: datetime,
    ) -> list[SeenStage]:
        queries = {site.stage: HistoryQuery(pipeline, site.stage) for site in layout.sites}
        readings = self.observer.observe(queries.values(), _LONG)
        found = []
        for site in layout.sites:
            query = queries[site.stage]
            history = readings.known(query, StageHistory)
            why = readings.why_unknown(query) or readings.why_unknown(PipelineQuery(pipeline))
            ready = judge_stage(site.stage, view, history, past, since, why_unknown=why)
            config = self._config(site)
            name = config.name if config else called(site, layout.sites)
            answered = _answered(site, past, since)
            found.append(SeenStage(name, site, ready, answered=answered, config=config))
        return found

    def _config(self, site: Site) -> StageConfig | None:
        stages = self.service.stages if self.service else ()
        return next((each for each in stages if each.pipeline_stage == site.stage), None)

    def _watch(self, layout: Layout, stages: Sequence[SeenStage]) -> tuple[SeenStage, ...]:
        """Look at what watches the production stages, place by place."""
        places = dict.fromkeys(each.site.place for each in stages if each.site.is_production)
        readings = self._lists(places)
        found: list[SeenStage] = []
        for each in stages:
            if not each.site.is_production:
                found.append(each)
                continue
            why = self._foreign(each.site.place, readings)
            if why:
                found.append(replace(each, unread=(why,)))
                continue
            found.append(look_at(each, layout, readings, self.observer, self.now))
        return tuple(found)

    def _lists(self, places: Iterable[Place]) -> Readings:
        wanted: set[Query] = set()
        regions = []
        for place in places:
            wanted |= {IdentityQuery(place), AlarmsQuery(place), EndpointsQuery(place)}
            wanted.add(MutesQuery(place))
            regions.append(place.region)
        if regions:
            self.tell(f"reading alarms and endpoints in {', '.join(dict.fromkeys(regions))}")
        return self.observer.observe(wanted, _LONG)

    def _foreign(self, place: Place, readings: Readings) -> str:
        """Say why nothing may be concluded there: the credentials are of another account."""
        query = IdentityQuery(place)
        who = readings.known(query, Identity)
        where = f"{place.account} in {place.region}"
        if who is None:
            return f"whose credentials these are in {where}: {readings.why_unknown(query)}"
        if place.account and who.account != place.account:
            return f"account {where}: these credentials are of {who.account} (--read-role NAME)"
        return ""


def _answered(site: Site, past: Past | None, since: datetime) -> tuple[tuple[str, int], ...]:
    """Count who answered the approvals of a stage."""
    if past is None:
        return ()
    asked: set[tuple[str, str]] = {(site.stage, name) for name in site.inside}
    if site.before is not None:
        asked.add((site.before.stage, site.before.action))
    counts: dict[str, int] = {}
    for passage in past.passages:
        for action, who in passage.answers:
            if (passage.stage, action) in asked and passage.entered >= since:
                counts[who] = counts.get(who, 0) + 1
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
