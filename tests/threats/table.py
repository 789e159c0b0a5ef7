"""All attempts that a command refuses, from the modules that hold them by idea."""

from tests.threats import by_files, by_people, by_trust

ATTEMPTS = (*by_people.ATTEMPTS, *by_trust.ATTEMPTS, *by_files.ATTEMPTS)
