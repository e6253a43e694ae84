-- migrate:up

-- What has happened to each referral, as far as it has been heard. Messages are born with it (storage.py).
CREATE TABLE story (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 70);

-- One fact for one recipient. seq keeps the order in which one family's facts were made.
-- ready_at and lease_until are real time by this database's clock.
CREATE TABLE message (
    id          text        PRIMARY KEY,
    version     int         NOT NULL,
    said        int         NOT NULL,
    state       json        NOT NULL,
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    phase       text        NOT NULL CHECK (phase IN ('pending', 'sending', 'sent', 'failed', 'held', 'closed')),
    why         text,
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    fact        text        NOT NULL,
    ready_at    timestamptz NOT NULL,
    lease_until timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX message_to_send ON message (ready_at, seq) WHERE phase = 'pending';
CREATE INDEX message_in_flight ON message (lease_until) WHERE phase = 'sending';
CREATE INDEX message_unsettled ON message (referral_id, person_id, seq) WHERE phase IN ('pending', 'sending');
CREATE INDEX message_for_a_person ON message (seq) WHERE phase IN ('held', 'failed');
CREATE INDEX message_of_a_referral ON message (referral_id, seq);
CREATE INDEX message_seq ON message (seq);

-- How each person is reached; email in clear, since it has to be written to.
CREATE TABLE contact (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    reach   text NOT NULL CHECK (reach IN ('awaited', 'overdue', 'email', 'no-address', 'not-told'))
) WITH (fillfactor = 80);

CREATE TABLE directory_entry (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

CREATE TABLE reasons (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    referral_id text NOT NULL
);
CREATE INDEX reasons_of_a_referral ON reasons (referral_id);

-- A family's way to its page: only the SHA-256 of the code is kept. expires_at is business time.
CREATE TABLE link (
    code_hash   bytea       PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    message_id  text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX link_of_a_message ON link (message_id);
CREATE INDEX link_of_a_referral ON link (referral_id);

-- Who looked at a family's page, and when (real time).
CREATE TABLE page_view (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    message_id  text        NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX page_view_of_a_referral ON page_view (referral_id, at);

-- migrate:down

DROP TABLE page_view, link, reasons, directory_entry, contact, message, story;
