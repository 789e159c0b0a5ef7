"""`answers:` of mcm.yaml and change.yaml: what people wrote, word for word."""

from mcm.config.fields import Fields
from mcm.config.strict_yaml import ScalarNode


def read_answers(root: Fields) -> dict[str, str]:
    """Return the answers by topic, without space at their ends; none if there are none.

    Yes and no stay words. A topic without text is a problem: leave it out instead.
    """
    if not root.has("answers"):
        return {}
    found = {}
    for topic, node in root.named("answers"):
        if isinstance(node, ScalarNode) and node.text.strip():
            found[topic.text] = node.text.strip()
        else:
            kind = "is empty" if isinstance(node, ScalarNode) else "is not text"
            root.problems.add(
                node, f"`answers.{topic.text}` {kind}", "Write one text, or leave the topic out."
            )
    return found
