-- migrate:up

-- A referral to a panel changes its stage within seconds. An index that holds status or stage, or is limited by one of
-- them, has that change write all of a row's indexes anew. What has ended says so by when it did.
UPDATE referral SET ended_at = changed_at WHERE stage = 'ended' AND ended_at IS NULL;

DROP INDEX referral_by_queue, referral_in_hand, referral_in_hand_by_age, referral_ended, referral_ended_by_age;
CREATE INDEX referral_in_hand ON referral (destination, due_on, id) WHERE ended_at IS NULL;
CREATE INDEX referral_in_hand_by_age ON referral (received_at, id) WHERE ended_at IS NULL;
CREATE INDEX referral_ended ON referral (destination, received_at, id)
    INCLUDE (urn, area, kind, need, phase, asks_for, assigned_to) WHERE ended_at IS NOT NULL;
CREATE INDEX referral_ended_by_age ON referral (ended_at, id) WHERE ended_at IS NOT NULL;

-- migrate:down

DROP INDEX referral_ended_by_age, referral_ended, referral_in_hand_by_age, referral_in_hand;
CREATE INDEX referral_by_queue ON referral (destination, status, received_at, id);
CREATE INDEX referral_in_hand ON referral (destination, due_on, id) WHERE stage <> 'ended';
CREATE INDEX referral_in_hand_by_age ON referral (received_at, id) WHERE stage <> 'ended';
CREATE INDEX referral_ended ON referral (destination, received_at, id)
    INCLUDE (urn, area, kind, need, phase, asks_for, assigned_to) WHERE stage = 'ended';
CREATE INDEX referral_ended_by_age ON referral (ended_at, id) WHERE stage = 'ended';
