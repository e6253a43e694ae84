-- migrate:up

-- An index over the state itself makes each update write all of a row's indexes anew, whatever was changed. Over a
-- generated column it does not, while the column stays as it is.
DROP INDEX referral_follows, draft_by_referral;
ALTER TABLE referral ADD COLUMN follows text GENERATED ALWAYS AS (state ->> 'follows') STORED;
ALTER TABLE draft ADD COLUMN referral_id text GENERATED ALWAYS AS (state ->> 'referral_id') STORED;
CREATE INDEX referral_follows ON referral (follows) WHERE follows IS NOT NULL;
CREATE INDEX draft_by_referral ON draft (referral_id) WHERE referral_id IS NOT NULL;

-- migrate:down

DROP INDEX referral_follows, draft_by_referral;
ALTER TABLE referral DROP COLUMN follows;
ALTER TABLE draft DROP COLUMN referral_id;
CREATE INDEX referral_follows ON referral ((state ->> 'follows')) WHERE state ->> 'follows' IS NOT NULL;
CREATE INDEX draft_by_referral ON draft ((state ->> 'referral_id')) WHERE state ->> 'referral_id' IS NOT NULL;
