-- migrate:up

-- The message in whose words this one is told, where small steps go together.
ALTER TABLE message ADD COLUMN carried_by text;

-- migrate:down

ALTER TABLE message DROP COLUMN carried_by;
