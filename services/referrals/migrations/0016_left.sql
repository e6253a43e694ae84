-- migrate:up

-- The school that a child left last while the referral was under way: it finds what it goes on seeing.
ALTER TABLE papers ADD COLUMN left_by text GENERATED ALWAYS AS (state -> 'left' -> -1 -> 'referral' ->> 'urn') STORED;
CREATE INDEX papers_by_former_school ON papers (left_by) WHERE left_by IS NOT NULL;

-- migrate:down

DROP INDEX papers_by_former_school;
ALTER TABLE papers DROP COLUMN left_by;
