-- migrate:up

-- A list that somebody uploaded: looked through, confirmed by them, then worked off row by row.
CREATE TABLE upload (
    id           text PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('referrals', 'open-cases')),
    by           text NOT NULL,  -- the staff id
    state        text NOT NULL DEFAULT 'preview' CHECK (state IN ('preview', 'confirmed', 'done')),
    uploaded_at  timestamptz NOT NULL,
    confirmed_at timestamptz,
    done_at      timestamptz
);
CREATE INDEX upload_by_person ON upload (by, uploaded_at);

-- One row of it. Its words are sealed, and gone as soon as it is worked off, left out or found wrong.
CREATE TABLE upload_row (
    upload_id text NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    number    int  NOT NULL,
    state     text NOT NULL CHECK (state IN
        ('right', 'repeats', 'wrong', 'waiting', 'left-out', 'taken', 'there', 'refused')),
    sealed    bytea,
    faults    json NOT NULL DEFAULT '[]',   -- columns, codes and sentences, never a value
    repeats   text[] NOT NULL DEFAULT '{}', -- references of referrals that it may repeat, or rows of the file
    reference text,
    PRIMARY KEY (upload_id, number)
);
CREATE INDEX upload_row_waiting ON upload_row (upload_id, number) WHERE state = 'waiting';

-- By which number a council's old system knew a case: among its words, and found from there.
ALTER TABLE papers ADD COLUMN old_reference text
    GENERATED ALWAYS AS (state -> 'papers' ->> 'old_reference') STORED;
CREATE INDEX papers_by_old_reference ON papers (lower(old_reference)) WHERE old_reference IS NOT NULL;

-- migrate:down

DROP INDEX papers_by_old_reference;
ALTER TABLE papers DROP COLUMN old_reference;
DROP TABLE upload_row, upload;
