"""The example's files as planning reads them, and a shelf for the plan."""

from datetime import UTC, datetime

from mcm.app.planning import Files
from mcm.config.change_file import load_change
from mcm.config.definitions import builtin_definitions, definition_values
from mcm.config.service_file import load_service
from mcm.core.plans.service import Service
from mcm.sandbox.example import example_files
from tests.kit.world import REALM, World


class Shelf:
    """Holds one plan in memory."""

    data: bytes | None = None

    def read_plan(self) -> bytes | None:
        return self.data

    def write_plan(self, data: bytes) -> None:
        self.data = data


def make_files(world: World) -> Files:
    """Return the example's mcm.yaml and first change, read and checked."""
    texts = example_files(world.clock.now())
    definitions = builtin_definitions()
    service = load_service(texts["mcm.yaml"], "mcm.yaml", definitions)
    change = load_change(texts["changes/CM-0001/change.yaml"], "change.yaml", service)
    return Files(service, change, definition_values(definitions), REALM)


def example_service() -> Service:
    """Return the example's mcm.yaml, read and checked."""
    texts = example_files(datetime(2026, 3, 11, 9, tzinfo=UTC))
    return load_service(texts["mcm.yaml"], "mcm.yaml", builtin_definitions())
