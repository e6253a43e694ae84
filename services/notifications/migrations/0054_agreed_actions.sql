-- migrate:up

-- What a school and a team agreed about a referral, for the family's page: the rest of a referral's papers is not kept.
CREATE TABLE agreed_actions (
    id      text PRIMARY KEY,
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- migrate:down

DROP TABLE agreed_actions;
