-- migrate:up

-- An index over the state itself makes each update write all of a row's indexes anew, whatever was changed. Over a
-- generated column it does not, while the column stays as it is.
DROP INDEX story_by_reference;
ALTER TABLE story ADD COLUMN reference text GENERATED ALWAYS AS (state ->> 'reference') STORED;
CREATE INDEX story_by_reference ON story (reference);

-- migrate:down

DROP INDEX story_by_reference;
ALTER TABLE story DROP COLUMN reference;
CREATE INDEX story_by_reference ON story ((state ->> 'reference'));
