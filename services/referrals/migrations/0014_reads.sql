-- migrate:up

-- From a referral to what was read of it before it was one, and to its files: for the record of reads.
CREATE INDEX draft_by_referral ON draft ((state ->> 'referral_id')) WHERE state ->> 'referral_id' IS NOT NULL;
CREATE INDEX upload_row_by_reference ON upload_row (reference) WHERE reference IS NOT NULL;
CREATE INDEX evidence_by_referral ON evidence (referral_id) WHERE referral_id IS NOT NULL;

-- migrate:down

DROP INDEX evidence_by_referral, upload_row_by_reference, draft_by_referral;
