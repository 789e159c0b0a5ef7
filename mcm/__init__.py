"""mcm: change management and guardrails for production deployments on AWS."""

__version__ = "0.1.0"
