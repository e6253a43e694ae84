-- migrate:up

-- Whose this database is: noted when its service first starts, and held to from then on. One row or none.
CREATE TABLE identity (
    id           boolean     PRIMARY KEY DEFAULT true CHECK (id),
    service      text        NOT NULL,
    authority    text        NOT NULL,
    topic_prefix text        NOT NULL,
    noted_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate:down

DROP TABLE identity;
