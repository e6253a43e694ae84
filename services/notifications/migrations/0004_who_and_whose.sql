-- migrate:up

-- To whom a restricted referral, and what is told of it, opens: as the referrals service tells it.
CREATE TABLE restriction (
    id      text PRIMARY KEY,  -- the referral's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- Which record of a person is the same person as which other one. Undone, it is as if it had never been.
CREATE TABLE alias (
    id      text PRIMARY KEY,  -- the person's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    into_id text               -- the record that is kept
);
CREATE INDEX alias_into ON alias (into_id) WHERE into_id IS NOT NULL;
CREATE INDEX message_by_person ON message (person_id, seq);
CREATE INDEX story_by_reference ON story ((state ->> 'reference'));

-- migrate:down

DROP INDEX story_by_reference;
DROP INDEX message_by_person;
DROP TABLE alias, restriction;
