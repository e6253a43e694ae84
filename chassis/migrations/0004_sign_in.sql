-- migrate:up

-- Who is signed in, in which browser. A row ends a session by going: what is not here is signed out.
CREATE TABLE staff_session (
    digest     bytea       PRIMARY KEY,  -- SHA-256 of the cookie: who reads this table can be nobody
    id         uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),  -- what a person ends it by
    staff_id   text        NOT NULL,
    agent      text        NOT NULL DEFAULT '',  -- the browser in two words, so that one knows one's own
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at    timestamptz NOT NULL
);
CREATE INDEX staff_session_staff ON staff_session (staff_id);
CREATE INDEX staff_session_ends ON staff_session (ends_at);

-- A sign-in under way: made when somebody is sent to the provider, taken away when they come back. Used once.
CREATE TABLE sign_in (
    digest   bytea       PRIMARY KEY,  -- SHA-256 of the state that the provider sends back
    browser  bytea       NOT NULL,     -- SHA-256 of the cookie of the browser that began
    nonce    text        NOT NULL,
    verifier text        NOT NULL,     -- of PKCE
    back_to  text        NOT NULL,     -- a path of this service
    ends_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_ends ON sign_in (ends_at);

-- How often somebody tried, over all processes. The key is a keyed hash of an address, never the address.
CREATE TABLE sign_in_count (
    key     bytea       NOT NULL,
    ends_at timestamptz NOT NULL,
    n       integer     NOT NULL,
    PRIMARY KEY (key, ends_at)
);

-- migrate:down

DROP TABLE sign_in_count;
DROP TABLE sign_in;
DROP TABLE staff_session;
