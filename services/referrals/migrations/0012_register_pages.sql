-- migrate:up

-- What each import did to an establishment of this authority: what was said of it before, and what is said now.
CREATE TABLE setting_history (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    urn    text NOT NULL,
    at     timestamptz NOT NULL,
    did    text NOT NULL CHECK (did IN ('added', 'changed', 'closed')),
    was    jsonb,
    became jsonb NOT NULL
);

CREATE INDEX setting_history_by_urn ON setting_history (urn, id);

-- An extract that was sent from a page, compressed, until a worker has imported it; then what came of it.
CREATE TABLE register_upload (
    id        uuid PRIMARY KEY,
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    name      text NOT NULL,
    state     text NOT NULL CHECK (state IN ('received', 'running', 'done', 'refused')),
    seen_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows_read int NOT NULL DEFAULT 0,
    content   bytea,
    result    jsonb
);

CREATE INDEX register_upload_open ON register_upload (at) WHERE state IN ('received', 'running');

-- migrate:down

DROP TABLE register_upload, setting_history;
