-- migrate:up

-- Ids of persons who were erased, and of all that was about them: kept for good, so that neither a late record, nor a
-- replay, nor a restored backup brings anything of it back. None of them says who it was.
CREATE TABLE erased (
    id         text        PRIMARY KEY,
    erasure_id text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Each erasure: its ids, its ground, and which services have done it.
CREATE TABLE erasure (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- migrate:down

DROP TABLE erasure, erased;
