-- migrate:up

-- Who read what about whom, and when: asked for by name (UK GDPR, article 15) and by the auditor.
CREATE TABLE access_log (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    who         text        NOT NULL,  -- the caller's name, never a token
    what        text        NOT NULL,  -- the kind of thing that was read
    subject     text        NOT NULL,  -- its id
    correlation text
);
CREATE INDEX access_log_subject ON access_log (what, subject, at);

-- The business clock of a demo or a test, shared by the processes of this service: one row or none.
CREATE TABLE stepped_clock (
    id  boolean     PRIMARY KEY DEFAULT true CHECK (id),
    now timestamptz NOT NULL
);

-- migrate:down

DROP TABLE stepped_clock;
DROP TABLE access_log;
