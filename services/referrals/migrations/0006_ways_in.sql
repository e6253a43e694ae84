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

-- migrate:down

DROP TABLE hand_setting, register_import, setting;
