-- migrate:up

-- Whether all sending is paused, and who turned it when and why: one row.
CREATE TABLE pause (
    id      text    PRIMARY KEY CHECK (id = 'all'),
    version int     NOT NULL,
    said    int     NOT NULL,
    state   json    NOT NULL,
    paused  boolean NOT NULL
);

-- migrate:down

DROP TABLE pause;
