"""The change record: one Markdown page made from the change, its plan and its journal.

`build_view` (pure) says what the page holds, `render_record` how it reads. The page is
never an input to anything: what counts is the plan's bytes and the journal, whose digest
and head it carries.
"""
