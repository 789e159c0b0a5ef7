"""The fault scenarios of docs/aws-rules.md and the sandbox's named faults, over HTTP.

Core, runner, observer, performer and botocore are the product's; the engine behind the
loopback server and the runner in front of it share a virtual clock (tests/kit/wire.py).
"""
