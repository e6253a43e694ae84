-- migrate:up

-- Which provider is away, as a worker sees it: for the pages of other processes. A row says so until then (real time).
CREATE TABLE provider_state (
    provider text        NOT NULL,
    worker   text        NOT NULL,
    why      text        NOT NULL,
    until    timestamptz NOT NULL,
    PRIMARY KEY (provider, worker)
);

-- migrate:down

DROP TABLE provider_state;
