-- migrate:up

-- What a person did to this service from its command line: who, when, why. Kept for good, for the auditor.
CREATE TABLE operator_action (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    who     text        NOT NULL,
    did     text        NOT NULL,  -- the command, such as dead-letters discard
    what    text        NOT NULL,  -- what it was done to: an id, a fingerprint, a topic
    why     text        NOT NULL CHECK (why <> ''),
    outcome text        NOT NULL   -- figures and ids, never a value
);

-- migrate:down

DROP TABLE operator_action;
