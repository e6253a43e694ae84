-- migrate:up

-- Whom nobody may erase or dispose of for now, since a court, a tribunal or an inquiry may ask for what is held.
CREATE TABLE legal_hold (
    id      text    PRIMARY KEY,  -- the person's
    version int     NOT NULL,
    said    int     NOT NULL,
    state   json    NOT NULL,
    held    boolean NOT NULL
);

-- migrate:down

DROP TABLE legal_hold;
