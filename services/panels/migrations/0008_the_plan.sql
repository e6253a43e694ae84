-- migrate:up

-- The plan of each panel as it was made last. It can be made again at any time from cases and sittings.
CREATE TABLE plan (
    id      text PRIMARY KEY,  -- the panel's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
) WITH (fillfactor = 70);

-- migrate:down

DROP TABLE plan;
