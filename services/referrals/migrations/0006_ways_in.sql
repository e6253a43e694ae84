-- migrate:up

-- Each establishment of the national register, as the extract that was imported last describes it.
CREATE TABLE setting (
    urn       text PRIMARY KEY,
    name      text NOT NULL,
    kind      text NOT NULL,
    town      text NOT NULL,
    authority text NOT NULL,
    status    text NOT NULL CHECK (status IN ('open', 'closed', 'planned')),
    closed_on date,
    successor text
);

CREATE INDEX setting_by_authority ON setting (authority);

-- What each import did; the latest tells running services which register counts.
CREATE TABLE register_import (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    by         text NOT NULL,
    rows       int NOT NULL,
    unreadable int NOT NULL,
    added      int NOT NULL,
    changed    int NOT NULL,
    closed     int NOT NULL,
    unchanged  int NOT NULL,
    missing    int NOT NULL
);

-- Settings outside of the national register, kept by hand.
CREATE TABLE hand_setting (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 80);

-- A file of many referrals, from its upload until a day after its last row was taken in.
CREATE TABLE bulk_upload (
    id         text PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('referrals', 'open-cases')),
    by         text NOT NULL,
    urns       text[],
    stage      text NOT NULL CHECK (stage IN ('received', 'mapped', 'going', 'done')),
    columns    text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz
);

CREATE INDEX bulk_upload_by_person ON bulk_upload (by, created_at);

-- Its rows. The words of a row go as soon as it was taken in or refused for good, all others with the upload.
CREATE TABLE bulk_row (
    upload_id text NOT NULL REFERENCES bulk_upload (id) ON DELETE CASCADE,
    number    int  NOT NULL,
    digest    text NOT NULL,
    body      bytea,
    state     text NOT NULL CHECK (state IN ('sound', 'faulty', 'duplicate', 'left', 'taken', 'refused')),
    faults    json NOT NULL DEFAULT '[]',
    alike     text,
    reference text,
    PRIMARY KEY (upload_id, number)
);

CREATE INDEX bulk_row_to_do ON bulk_row (upload_id, number) WHERE state = 'sound';

-- migrate:down

DROP TABLE bulk_row, bulk_upload, hand_setting, register_import, setting;
