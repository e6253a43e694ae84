-- migrate:up

-- A fact is written once and then goes: nothing of it is ever changed that would need room beside it. For new pages only.
ALTER TABLE outbox RESET (fillfactor);

-- migrate:down

ALTER TABLE outbox SET (fillfactor = 70);
