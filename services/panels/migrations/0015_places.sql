-- migrate:up

-- The places of one kind at one setting, and for whom they are kept.
CREATE TABLE places (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    setting text NOT NULL,
    kind    text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX places_of_setting ON places (setting, kind);

-- migrate:down

DROP TABLE places;
