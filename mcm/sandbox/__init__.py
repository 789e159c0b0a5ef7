"""A local AWS, good enough that boto3 and the `aws` command see one.

The engine is a pure model advanced by a clock; the HTTP face is the engine's `call`
over HTTP. It emulates what mcm calls and nothing else; any other operation is refused.
"""
