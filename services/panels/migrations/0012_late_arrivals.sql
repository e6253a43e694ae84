-- migrate:up

-- Whether something that the school sent after the batch was locked waits for an answer.
ALTER TABLE placement_case ADD COLUMN to_decide boolean NOT NULL DEFAULT false;
CREATE INDEX placement_case_to_decide ON placement_case (panel, due, id) WHERE to_decide;

-- migrate:down

DROP INDEX placement_case_to_decide;
ALTER TABLE placement_case DROP COLUMN to_decide;
