-- migrate:up

-- What families wrote on their page, and what they were answered.
CREATE TABLE family_words (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    referral_id text NOT NULL,
    person_id   text NOT NULL
);
CREATE INDEX family_words_of_a_person ON family_words (referral_id, person_id);

-- Whether the page helped: the last word of each who may be told.
CREATE TABLE page_opinion (
    referral_id text        NOT NULL,
    person_id   text        NOT NULL,
    helped      text        NOT NULL CHECK (helped IN ('yes', 'partly', 'no')),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (referral_id, person_id)
);

-- migrate:down

DROP TABLE page_opinion, family_words;
