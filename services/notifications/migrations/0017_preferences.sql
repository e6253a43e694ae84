-- migrate:up

-- How each person wants to be told, as they said themselves. paused_until is a day of business time in London.
CREATE TABLE preference (
    id           text PRIMARY KEY,  -- the person's
    version      int  NOT NULL,
    said         int  NOT NULL,
    state        json NOT NULL,
    paused_until date
);

-- migrate:down

DROP TABLE preference;
