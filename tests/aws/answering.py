"""A port that answers what it was told to."""

from typing import Any

from mcm.aws.port import AwsError, Params, Reply


class Answering:
    """A port with one answer, or a list of pages, per operation; counts the calls."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, Params]] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self.calls.append((operation, params))
        answer = self.answers.get(operation, {})
        if isinstance(answer, AwsError):
            raise answer
        if isinstance(answer, list):
            return answer.pop(0)  # type: ignore[no-any-return]
        return dict(answer(params) if callable(answer) else answer)
