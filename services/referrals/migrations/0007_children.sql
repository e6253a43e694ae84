-- migrate:up

-- Names that resemble each other are found by the letters in threes that they share. The extension is a trusted one:
-- the owner of the database may make it, nobody else needs to.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A child's names as searches see them (services/referrals/domain/names.py); empty for an adult.
ALTER TABLE person ADD COLUMN likeness text NOT NULL DEFAULT '';

UPDATE person SET likeness = (
    SELECT coalesce(string_agg(word, ' ' ORDER BY word), '')
    FROM regexp_split_to_table(
        lower(regexp_replace(
            normalize((state -> 'details' ->> 'given_name') || ' ' || (state -> 'details' ->> 'family_name'), NFKD),
            U&'[\0300-\036F''\2019]', '', 'g')),
        '[^a-z0-9]+') AS word
    WHERE word <> '')
WHERE state -> 'details' ->> 'relation' = 'child';

CREATE INDEX person_by_likeness ON person USING gin (likeness gin_trgm_ops) WHERE likeness <> '';
CREATE INDEX person_alike ON person (born, likeness) WHERE likeness <> '';

-- Which record of a person is the same child as which other one. Undone, it is as if it had never been.
CREATE TABLE alias (
    id      text PRIMARY KEY,  -- the person's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    into_id text               -- the record that is kept
);
CREATE INDEX alias_into ON alias (into_id) WHERE into_id IS NOT NULL;

-- Questions of schools and settings. Their words are here and nowhere else.
CREATE TABLE enquiry (
    id               text PRIMARY KEY,
    version          int  NOT NULL,
    said             int  NOT NULL,
    state            json NOT NULL,
    reference        text NOT NULL UNIQUE,
    urn              text NOT NULL,
    area             text NOT NULL,
    destination      text NOT NULL,
    destination_kind text,
    status           text NOT NULL,
    taken_by         text,
    asked_at         timestamptz NOT NULL,
    answer_by        date NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX enquiry_open ON enquiry (answer_by, id) WHERE status IN ('new', 'taken');
CREATE INDEX enquiry_by_age ON enquiry (asked_at, id);
CREATE INDEX enquiry_by_school ON enquiry (urn, asked_at);

-- migrate:down

-- The extension stays: another may use it.
DROP TABLE enquiry, alias;
DROP INDEX person_alike, person_by_likeness;
ALTER TABLE person DROP COLUMN likeness;
