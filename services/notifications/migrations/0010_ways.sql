-- migrate:up

-- A person may be reached by a text or a letter first.
ALTER TABLE contact DROP CONSTRAINT contact_reach_check;
ALTER TABLE contact ADD CONSTRAINT contact_reach_check
    CHECK (reach IN ('awaited', 'overdue', 'email', 'text', 'letter', 'no-address', 'not-told'));

-- When a provider that can be asked is to be asked what became of a message (real time).
ALTER TABLE message ADD COLUMN ask_at timestamptz;
CREATE INDEX message_to_ask_about ON message (ask_at) WHERE ask_at IS NOT NULL;

-- migrate:down

DROP INDEX message_to_ask_about;
ALTER TABLE message DROP COLUMN ask_at;
UPDATE contact SET reach = 'no-address' WHERE reach IN ('text', 'letter');
ALTER TABLE contact DROP CONSTRAINT contact_reach_check;
ALTER TABLE contact ADD CONSTRAINT contact_reach_check
    CHECK (reach IN ('awaited', 'overdue', 'email', 'no-address', 'not-told'));
