-- migrate:up

-- Whose word on a child's contacts counts: for those who are known already, the school of the latest referral. Where
-- none is known it stays open, and the next contacts wait until somebody has looked at them.
UPDATE person SET state = jsonb_set(person.state::jsonb, '{details,school}', to_jsonb(latest.urn))::json
FROM (SELECT DISTINCT ON (child_id) child_id, urn FROM referral ORDER BY child_id, received_at DESC, id) AS latest
WHERE latest.child_id = person.id AND person.state -> 'details' ->> 'school' IS NULL;

-- Whose contacts wait for a yes, by the child's school: what its page counts.
ALTER TABLE person ADD COLUMN asks_school text;
CREATE INDEX person_that_asks ON person (asks_school) WHERE asks_school IS NOT NULL;

-- migrate:down

DROP INDEX person_that_asks;
ALTER TABLE person DROP COLUMN asks_school;
