"""The questions that the job daemon answers: its LUXI calls that only read.

Begin with `ganeti_rapi.simulator.queries.answers`; it turns a call's arguments into the reply. What
can be asked about each kind of object is a table of fields (``instances``, ``nodes``, …), which
``kinds`` lists. ``context`` holds what many cells of one answer share, ``filters`` the language of
Query's conditions.
"""
