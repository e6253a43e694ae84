-- migrate:up

-- Members of staff with their roles, past ones included.
CREATE TABLE staff (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    subject text NOT NULL UNIQUE,
    name    text NOT NULL,
    active  boolean NOT NULL
);
CREATE INDEX staff_by_name ON staff (active, lower(name), id);

-- One row: who is an administrator until further notice.
CREATE TABLE administrators (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- Tokens of school systems, by the SHA-256 of what the school was shown once.
CREATE TABLE api_token (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    sha256  text NOT NULL UNIQUE,
    urn     text NOT NULL,
    revoked boolean NOT NULL
);
CREATE INDEX api_token_by_school ON api_token (urn, id);

-- No business fact, and written apart from the token so that its use waits for nobody.
CREATE TABLE api_token_use (
    id text PRIMARY KEY REFERENCES api_token (id),
    at timestamptz NOT NULL
);

-- Whom a restricted referral opens to, and who opened it otherwise and why.
CREATE TABLE restriction (
    id         text PRIMARY KEY REFERENCES referral (id),
    version    int  NOT NULL,
    said       int  NOT NULL,
    state      json NOT NULL,
    restricted boolean NOT NULL,
    unreviewed int     NOT NULL  -- times that somebody broke the glass and nobody has looked into it
);
CREATE INDEX restriction_to_review ON restriction (id) WHERE unreviewed > 0;

-- What a family or an auditor asks: everything that was read of one child.
CREATE INDEX access_log_by_subject ON access_log (subject, at);

-- migrate:down

DROP INDEX access_log_by_subject;
DROP TABLE restriction, api_token_use, api_token, administrators, staff;
