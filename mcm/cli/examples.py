"""Examples of commands for their pages: a line to type, and what it is for. A test parses each."""

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "init": (("mcm init --pipeline ParcelPhotoCheck --region us-east-1", ""),),
    "lint": (
        ("mcm lint", "mcm.yaml and every change"),
        ("mcm lint CM-0001 --aws", "one change, its alarms and its traffic"),
        ("mcm lint --sarif > lint.sarif", "for a code host to show"),
    ),
    "new": (("mcm new CM-0001 --stage prod-us", "asks what only you know"),),
    "plan": (("mcm plan CM-0001", ""),),
    "render": (("mcm render CM-0001", "writes changes/CM-0001/record.md"),),
    "schema": (
        ("mcm schema change", ""),
        ("mcm schema --write", "into .mcm/, where editors look for them"),
    ),
    "request": (("mcm request CM-0001", ""),),
    "approve": (
        ("mcm approve CM-0001", "all its stages, in one sitting"),
        ("mcm approve CM-0001 --stage prod-us", "one of them"),
    ),
    "reject": (('mcm reject CM-0001 --reason "the window is too short"', ""),),
    "deploy": (
        ("mcm deploy CM-0001 --stage prod-us", ""),
        ("mcm deploy CM-0001 --stage prod-us --dry-run", "what would happen now"),
    ),
    "tick": (("mcm tick --all", "from cron, or from a CI job"),),
    "watch": (("mcm watch CM-0001", ""),),
    "hold": (('mcm hold CM-0001 --reason "a colleague looks at the graphs"', ""),),
    "resume": (("mcm resume CM-0001", ""),),
    "abort": (('mcm abort CM-0001 --stage prod-us --reason "not this week"', ""),),
    "rollback": (
        ("mcm rollback --stage prod-us", "from any directory"),
        ("mcm rollback CM-0001 --all", "every stage that holds the change"),
    ),
    "reopen": (("mcm reopen --stage prod-us", ""),),
    "drill": (("mcm drill CM-0001", ""),),
    "doctor": (("mcm doctor --pipeline ParcelPhotoCheck --region us-east-1", "no file is needed"),),
    "status": (("mcm status", "all that is open"), ("mcm status CM-0001 --json", "")),
    "log": (("mcm log CM-0001 --stage prod-us", ""),),
    "verify": (
        ("mcm verify CM-0001", ""),
        ("mcm verify --record changes/CM-0001/record.md", "was it edited?"),
        ("mcm verify CM-0001 --export evidence", "to check it without mcm"),
    ),
    "note": (('mcm note CM-0001 "The second alarm was a rehearsal."', ""),),
    "close": (
        ("mcm close CM-0001", "asks how it ended"),
        ('mcm close CM-0001 --no-input --outcome "As planned." --lessons none', ""),
    ),
    "audit": (("mcm audit --from 2026-01-01 --to 2026-03-31 --csv", ""),),
    "iam-policy": (("mcm iam-policy --role operator", ""),),
    "sandbox": (
        ("mcm sandbox up", ""),
        ("mcm sandbox fault 5xx", "in a bake, to see a rollback"),
        ("mcm sandbox down", ""),
    ),
    "demo": (("mcm demo", ""),),
}
