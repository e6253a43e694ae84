-- migrate:up

-- Whether a message may go at night: few may, and at night only they are looked for.
ALTER TABLE message ADD COLUMN urgent boolean NOT NULL DEFAULT false;
CREATE INDEX message_urgent ON message (ready_at, seq) WHERE phase = 'pending' AND urgent;

-- migrate:down

DROP INDEX message_urgent;
ALTER TABLE message DROP COLUMN urgent;
