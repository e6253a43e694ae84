-- migrate:up

-- What families wrote on their pages, and what they were answered.
CREATE TABLE family_words (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    referral_id text NOT NULL,
    waits       boolean NOT NULL
);
CREATE INDEX family_words_of_a_referral ON family_words (referral_id);
CREATE INDEX family_words_that_wait ON family_words (referral_id) WHERE waits;

-- migrate:down

DROP TABLE family_words;
