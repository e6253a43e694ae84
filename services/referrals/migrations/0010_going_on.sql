-- migrate:up

-- In which referrals one goes on: they have the same papers.
CREATE INDEX referral_follows ON referral ((state ->> 'follows')) WHERE state ->> 'follows' IS NOT NULL;

-- migrate:down

DROP INDEX referral_follows;
