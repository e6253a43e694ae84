-- migrate:up

-- A story grows with each fact that is heard, the first of them within seconds. Where its page has room for the new
-- row, that leaves the indexes alone. For new pages only.
ALTER TABLE story SET (fillfactor = 45);

-- migrate:down

ALTER TABLE story SET (fillfactor = 70);
