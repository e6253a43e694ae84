-- migrate:up

-- Facts that are committed here and not yet on Kafka. Seldom more than a few hundred rows.
CREATE TABLE outbox (
    shard      smallint    NOT NULL,
    seq        bigint      GENERATED ALWAYS AS IDENTITY,
    event_id   uuid        NOT NULL,
    topic      text        NOT NULL,
    key        text        NOT NULL,
    version    int         NOT NULL,
    headers    json        NOT NULL,
    payload    bytea       CHECK (octet_length(payload) < 900000),  -- NULL: a tombstone
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, seq)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What Kafka has acknowledged. Kept for some days, since Kafka does not wait for the disk before it
-- acknowledges: one partition a day, made by the relay and dropped when it is old.
CREATE TABLE outbox_sent (
    shard      smallint    NOT NULL,
    seq        bigint      NOT NULL,
    event_id   uuid        NOT NULL,
    topic      text        NOT NULL,
    key        text        NOT NULL,
    version    int         NOT NULL,
    headers    json        NOT NULL,
    payload    bytea,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (sent_at);

-- Every version of every stream that was applied here, for good: a repeat is known by its id, a fork
-- (the same version with another id, from a producer that was set back) is noticed.
CREATE TABLE inbox (
    topic    text NOT NULL,
    key      text NOT NULL,
    version  int  NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (topic, key, version)
);

-- The same for topics where only the latest version counts.
CREATE TABLE inbox_latest (
    topic    text NOT NULL,
    key      text NOT NULL,
    version  int  NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (topic, key)
) WITH (fillfactor = 80);

-- How far each partition has been read. It moves in the transaction that applies the records, and
-- its row lock keeps a former owner of the partition, frozen and awake again, from applying anything.
CREATE TABLE partition_position (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE dead_letter (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    record_at   bigint      NOT NULL,
    key         text,
    version     int,
    event_type  text,
    headers     json        NOT NULL,
    payload     bytea,
    reason      text        NOT NULL,
    fingerprint text        NOT NULL,
    status      text        NOT NULL DEFAULT 'parked' CHECK (status IN ('parked', 'redriven', 'discarded')),
    note        text,
    settled_by  text,
    parked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at  timestamptz,
    UNIQUE (topic, partition, record_at)
);
CREATE INDEX dead_letter_parked ON dead_letter (topic, key) WHERE status = 'parked';

-- What falls due, in business time.
CREATE TABLE due_work (
    kind        text        NOT NULL,
    id          text        NOT NULL,
    what        text        NOT NULL,
    at          timestamptz NOT NULL,
    correlation text,
    traceparent text,
    PRIMARY KEY (kind, id, what)
);
CREATE INDEX due_work_at ON due_work (at);

-- Requests that are done once however often they come: by a client's own key, or by a record's source and id.
CREATE TABLE once (
    scope     text        NOT NULL,
    key       text        NOT NULL,
    body_hash bytea       NOT NULL,
    answer    json,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (scope, key)
);

-- One row a transaction of commands: whoever loses the reply to COMMIT looks here before repeating it.
CREATE TABLE attempt (
    id uuid        PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate:down

DROP TABLE attempt, once, due_work, dead_letter, partition_position, inbox_latest, inbox, outbox_sent, outbox;
