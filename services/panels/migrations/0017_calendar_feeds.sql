-- migrate:up

-- Whose calendar may be subscribed to, by the SHA-256 of the word in its address: one feed for each member of staff.
CREATE TABLE calendar_feed (
    staff_id text        PRIMARY KEY,
    sha256   bytea       NOT NULL UNIQUE,
    made_at  timestamptz NOT NULL
);

-- migrate:down

DROP TABLE calendar_feed;
