-- migrate:up

-- Schools' secret links, by the SHA-256 of their tokens: the tokens themselves are kept nowhere.
CREATE TABLE consultation_link (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- migrate:down

DROP TABLE consultation_link;
