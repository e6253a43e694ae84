-- migrate:up

-- A form on its way: words about a child, in this database only, emptied when sent or given up.
CREATE TABLE draft (
    id         text PRIMARY KEY,
    version    int  NOT NULL,
    said       int  NOT NULL,
    state      json NOT NULL,
    urn        text NOT NULL,
    open       boolean NOT NULL,
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX draft_by_school ON draft (urn, changed_at) WHERE open;

-- One uploaded file; the object itself is encrypted in the authority's store.
CREATE TABLE evidence (
    id          text PRIMARY KEY,
    version     int  NOT NULL,
    said        int  NOT NULL,
    state       json NOT NULL,
    stage       text NOT NULL,
    kept        boolean NOT NULL,
    urn         text NOT NULL,
    size        bigint NOT NULL,
    draft_id    text,
    referral_id text,
    received_at timestamptz NOT NULL,
    claimed_until timestamptz
) WITH (fillfactor = 80);

CREATE INDEX evidence_to_scan ON evidence (received_at) WHERE stage = 'quarantined';
CREATE INDEX evidence_by_draft ON evidence (draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX evidence_loose ON evidence (received_at) WHERE kept AND referral_id IS NULL;

-- By whom a likely duplicate is found. Generated, so that a change of the state alone stays a light update.
ALTER TABLE referral ADD COLUMN child_id text GENERATED ALWAYS AS (state ->> 'child_id') STORED;
ALTER TABLE person ADD COLUMN born text GENERATED ALWAYS AS (state -> 'details' ->> 'born') STORED;
CREATE INDEX referral_by_child ON referral (child_id, received_at);
CREATE INDEX person_by_birth ON person (born) WHERE born IS NOT NULL;

-- migrate:down

DROP INDEX person_by_birth, referral_by_child;
ALTER TABLE person DROP COLUMN born;
ALTER TABLE referral DROP COLUMN child_id;
DROP TABLE evidence, draft;
