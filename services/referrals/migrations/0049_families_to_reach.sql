-- migrate:up

-- Referrals whose families could not be told of something: their school sees to it.
ALTER TABLE referral ADD COLUMN to_reach boolean NOT NULL DEFAULT false;
CREATE INDEX referral_to_reach ON referral (urn) WHERE to_reach;

-- migrate:down

DROP INDEX referral_to_reach;
ALTER TABLE referral DROP COLUMN to_reach;
