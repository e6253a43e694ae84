-- migrate:up

-- An index over the state itself makes each update write all of a row's indexes anew, whatever was changed. Over a
-- generated column it does not, while the column stays as it is.
DROP INDEX placement_case_of_child;
ALTER TABLE placement_case ADD COLUMN child_id text GENERATED ALWAYS AS (state ->> 'child_id') STORED;
CREATE INDEX placement_case_of_child ON placement_case (child_id);

-- migrate:down

DROP INDEX placement_case_of_child;
ALTER TABLE placement_case DROP COLUMN child_id;
CREATE INDEX placement_case_of_child ON placement_case ((state ->> 'child_id'));
