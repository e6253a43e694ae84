-- migrate:up

-- To whom a restricted referral, and so its case, opens: as the referrals service tells it.
CREATE TABLE restriction (
    id      text PRIMARY KEY,  -- the referral's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL
);

-- Which record of a child is the same child as which other one. Undone, it is as if it had never been.
CREATE TABLE alias (
    id      text PRIMARY KEY,  -- the person's
    version int  NOT NULL,
    said    int  NOT NULL,
    state   json NOT NULL,
    into_id text               -- the record that is kept
);
CREATE INDEX alias_into ON alias (into_id) WHERE into_id IS NOT NULL;
CREATE INDEX placement_case_of_child ON placement_case ((state ->> 'child_id'));

-- migrate:down

DROP INDEX placement_case_of_child;
DROP TABLE alias, restriction;
