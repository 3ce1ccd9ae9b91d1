"""Webhooks: what happens to renders is told to addresses that tenants name.

::

    event log ──► outbox: a delivery for each subscribed webhook ──► courier: claim, sign, send
                                                                   ▲                 │
                                                      tried again ─┴── dead letter ◄─┘

Each arrow is one transaction, so a crash between any two costs at most a message sent twice, with
the same id. Signed by the Standard Webhooks specification.
"""
