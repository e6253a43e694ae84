-- migrate:up

-- Of a referral whose child has died nobody is told anything any more.
ALTER TABLE story ADD COLUMN stopped boolean NOT NULL DEFAULT false;
CREATE INDEX story_stopped ON story (id) WHERE stopped;

-- migrate:down

DROP INDEX story_stopped;
ALTER TABLE story DROP COLUMN stopped;
