-- migrate:up

-- Ids, codes and dates of a referral; what pages search and sort by stands in columns of its own.
CREATE TABLE referral (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    reference   text NOT NULL UNIQUE,
    urn         text NOT NULL,
    status      text NOT NULL,
    destination text NOT NULL,
    received_at timestamptz NOT NULL,
    answer_by   date NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX referral_by_age ON referral (received_at, id);
CREATE INDEX referral_by_queue ON referral (destination, status, received_at, id);
CREATE INDEX referral_by_school ON referral (urn, received_at, id);

-- The words of a referral, apart from its codes so that they can be erased alone.
CREATE TABLE papers (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE person (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

-- What was published last about each entry of the directory.
CREATE TABLE directory_entry (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- migrate:down

DROP TABLE directory_entry, person, papers, referral;
