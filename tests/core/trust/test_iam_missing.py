"""The policy to add for what AWS denied: by account, on the resources that it knows."""

from mcm.core.query import PipelineId, Place
from mcm.core.trust.iam_missing import missing

HOME = Place("111111111111", "us-east-1")
AWAY = Place("444444444444", "eu-west-1")
PIPELINE = PipelineId(HOME, "P")


def test_nothing_denied_needs_no_policy() -> None:
    assert missing((), PIPELINE, "aws") == {}


def test_each_account_gets_its_own_document() -> None:
    found = missing(
        [
            ("codepipeline", "ListActionExecutions", Place("", "us-east-1")),
            ("cloudwatch", "DescribeAlarms", AWAY),
            ("cloudwatch", "GetMetricData", Place(AWAY.account, "us-east-1")),
            ("sagemaker", "ListEndpoints", AWAY),
        ],
        PIPELINE,
        "aws-cn",
    )

    assert list(found) == [HOME.account, AWAY.account]
    assert found[HOME.account]["Statement"] == [
        {
            "Sid": "ReadPipeline",
            "Effect": "Allow",
            "Action": ["codepipeline:ListActionExecutions"],
            "Resource": ["arn:aws-cn:codepipeline:us-east-1:111111111111:P"],
        }
    ]
    sids = {each["Sid"]: each for each in found[AWAY.account]["Statement"]}
    assert set(sids) == {"FindEndpoints", "ReadAlarmsAndMetrics"}
    alarms = sids["ReadAlarmsAndMetrics"]
    assert alarms["Action"] == ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"]
    regions = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}
    assert alarms["Condition"] == regions


def test_a_read_that_no_table_knows_is_allowed_by_name() -> None:
    found = missing([("ssm", "GetCalendarState", HOME)], PIPELINE, "aws")

    assert found[HOME.account]["Statement"][0]["Action"] == ["ssm:GetCalendarState"]
