-- migrate:up

-- Codes for the page that schools handed over: found by their digest, on the page of their person alone.
CREATE TABLE handed_code (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    referral_id text NOT NULL,
    person_id   text NOT NULL,
    digest      text NOT NULL
);
CREATE INDEX handed_code_of_a_person ON handed_code (referral_id, person_id);

-- migrate:down

DROP TABLE handed_code;
